"""What the states, steps and workflows of jobs are called; the records of jobs are in :mod:`.jobs`."""

from __future__ import annotations

from typing import Literal

JobState = Literal["queued", "running", "completed", "failed", "cancelled"]
#: States from which nothing moves by itself.
ENDED: tuple[JobState, ...] = ("completed", "failed", "cancelled")
StepKind = Literal["pose", "analyze", "overlay", "report", "export"]
#: The workflow that is built in.
STANDARD_NAME = "standard"
