"""The motions of many trials, for commands that compare trials with each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from neuropose_ray.analysis import FailedTrial, Motion, TrialSource


def cleaned_motions(sources: Sequence[TrialSource]) -> list[Motion | FailedTrial]:
    """The person who is seen in most frames of each trial, cleaned by default, with progress on a terminal.

    Returns:
        An entry for each source, in order; a trial that cannot be read is one that failed.
    """
    from dataclasses import replace

    from rich.progress import track

    from neuropose_ray.analysis import CleaningSettings, FailedTrial, PreprocessingConfig, load_subject
    from neuropose_ray.errors import InputError

    console = Console(stderr=True)
    preprocessing = PreprocessingConfig(cleaning=CleaningSettings())
    motions: list[Motion | FailedTrial] = []
    for source in track(sources, "reading trials", console=console, transient=True, disable=not console.is_terminal):
        try:
            motions.append(replace(load_subject(source.path, source.video, preprocessing).motion, name=source.name))
        except InputError as error:
            motions.append(FailedTrial(source.name, str(error)))
    return motions
