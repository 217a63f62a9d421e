"""The workflows of jobs: ordered steps, each with its settings."""

from __future__ import annotations

from pydantic import Field, model_validator

from neuropose_ray.schemas.immutable import FrozenJson, FrozenModel
from neuropose_ray.schemas.job_names import StepKind


class Step(FrozenModel):
    """One step of a workflow, with its settings."""

    kind: StepKind
    with_: FrozenJson = Field(default_factory=dict, alias="with", description="settings of the step; see its kind")
    max_attempts: int = Field(default=3, ge=1, le=20, description="tries where an error may go away by itself")
    timeout_s: float | None = Field(default=None, gt=0, description="for one try; none: as long as it takes")


class Workflow(FrozenModel):
    """Ordered steps; the first is ``pose``, on which all others stand but ``curate``, which may come before it."""

    steps: tuple[Step, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _begin_with_poses(self) -> Workflow:
        kinds = [step.kind for step in self.steps]
        first = next((kind for kind in kinds if kind != "curate"), None)
        if first != "pose" or kinds.count("pose") > 1:
            raise ValueError("a workflow begins with its only pose step")
        return self


#: Built in; others come from the configuration.
STANDARD = Workflow(steps=(Step(kind="pose"), Step(kind="analyze"), Step(kind="overlay"), Step(kind="report")))

#: Built in too; what words the text is the service's setting.
WITH_TEXT = Workflow(steps=(Step(kind="pose"), Step(kind="analyze"), Step(kind="text"), Step(kind="report")))
