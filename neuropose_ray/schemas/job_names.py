"""What the states, steps and workflows of jobs are called; the records of jobs are in :mod:`.jobs`."""

from __future__ import annotations

from typing import Literal

JobState = Literal["queued", "running", "completed", "failed", "cancelled"]
#: States from which nothing moves by itself.
ENDED: tuple[JobState, ...] = ("completed", "failed", "cancelled")
StepKind = Literal["pose", "analyze", "overlay", "report", "export", "text", "curate", "compare", "annotate"]
#: Retrying: a try failed, and the next one has not begun. Skipped: the job ended before it.
StepState = Literal["waiting", "running", "retrying", "completed", "failed", "cancelled", "skipped"]
#: The workflows that are built in: the usual one.
STANDARD_NAME = "standard"
#: And one that puts the numbers into words; its name is that which clients of older systems use.
TEXT_NAME = "llm_enhanced_analysis"
