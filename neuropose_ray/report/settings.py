"""Every default of what a report gathers, once."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from neuropose_ray.analysis import AngleSettings, CleaningSettings, RecordingSettings, read_text
from neuropose_ray.errors import SettingsError
from neuropose_ray.faults import faults
from neuropose_ray.yaml_files import parsed_yaml


class ReportSettings(RecordingSettings):
    """How the numbers of a report are made, and what is warned of."""

    cleaning: CleaningSettings = CleaningSettings()
    angles: AngleSettings = AngleSettings()
    cycle_points: int = Field(default=101, ge=2, description="of every time-normalised curve: whole per cents")
    max_people: int = Field(
        default=4, ge=1, description="who are seen longest; every person adds a skeleton's size to the page"
    )
    poor_score: float = Field(
        default=0.5, ge=0, le=1, description="below it the pose model holds it for likelier that a joint is hidden"
    )
    limb_change: float = Field(
        default=0.25,
        gt=0,
        description="mean change of the limbs' lengths, as a share, that fills its strip: bones do not change, and a "
        "quarter is another person or another limb",
    )
    limb_doubt: float = Field(
        default=0.15,
        gt=0,
        description="mean change of the limbs' lengths, as a share, from which a frame is doubtful: landmarks "
        "that are a few centimetres off, as everywhere, change a limb by a twentieth to a tenth",
    )


def load_report_settings(path: Path) -> ReportSettings:
    """Settings of reports from YAML, with the nesting of :class:`ReportSettings`; what is left out is the default.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it cannot be read.
        SettingsError: it is not YAML, or a key or value is wrong; every one of them is named.
    """
    try:
        content = parsed_yaml(read_text(path))
    except ValueError as error:
        raise SettingsError(str(error), where=str(path)) from error
    try:
        return ReportSettings.model_validate({} if content is None else content)
    except ValidationError as error:
        hint = f"a report has the settings {', '.join(ReportSettings.model_fields)}"
        raise SettingsError("; ".join(faults(error, ReportSettings)), where=str(path), hint=hint) from error
