"""How the fit of the reported person went, as ``fitting.json`` beside the predictions tells it."""

from __future__ import annotations

from pydantic import ValidationError

from neuropose_ray.errors import FileFormatError
from neuropose_ray.report.collect.person import ReportedPerson
from neuropose_ray.schemas.fitting import FittingReport, TrackFit

FITTING_FILE = "fitting.json"


def fit_of(person: ReportedPerson) -> TrackFit | None:
    """The fit of this person's track; None where nothing was fitted.

    Raises:
        FileFormatError: the file cannot be read.
    """
    file = person.trial.path.with_name(FITTING_FILE)
    if not file.is_file():
        return None
    try:
        report = FittingReport.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise FileFormatError("is not what a fit writes", where=str(file), hint="process the video again") from error
    return next((fit for fit in report.tracks if fit.track_id == (person.track or 0)), None)
