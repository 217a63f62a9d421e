"""Pipelines of rules, and what comes of them: what is watched for in a stream of poses, and what is done about it.

A pipeline is declarative. For each person who is stable (``gate``), each of its rules begins an episode, does its
``on_enter`` actions, runs its branches side by side, joins their results, and does its ``on_complete`` actions.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from neuropose_ray.schemas.actions import Action, Name, Outcome, Region
from neuropose_ray.schemas.immutable import FrozenJson, FrozenMapping, FrozenModel
from neuropose_ray.schemas.segmentation import Extractor

Phase = Literal["enter", "complete"]
#: Why a branch has no result: its time ran out, its model failed, anything else, or its episode ended before.
FailureType = Literal["timeout", "model_error", "unexpected_error", "interrupted"]


class StabilitySettings(FrozenModel):
    """When a person is steadily seen, so that rules may act."""

    hits: int = Field(default=3, ge=1, le=1000, description="frames of the window in which the person must be seen")
    window: int = Field(default=5, ge=1, le=1000, description="latest frames that are looked at")
    min_iou: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="least overlap (intersection over union) of the boxes of neighbouring hits",
    )
    max_jitter_mm: float | None = Field(
        default=None,
        gt=0,
        description="largest root mean square of the noise of the joints about their middle, in millimetres; none: "
        "not looked at",
    )

    @model_validator(mode="after")
    def _attainable(self) -> StabilitySettings:
        if self.hits > self.window:
            raise ValueError(f"hits ({self.hits}) cannot be more than window ({self.window})")
        if self.max_jitter_mm is not None and self.hits < 3:
            raise ValueError("jitter needs 3 hits at least")
        return self


class Gate(FrozenModel):
    """What a person must meet before any rule begins."""

    min_score: float = Field(default=0.0, ge=0, le=1, description="least score of the person's box")
    min_persons: int = Field(default=1, ge=1, le=1000, description="stable people who must be there at once")
    max_persons: int | None = Field(default=None, ge=1, le=1000, description="more at once, and no rule begins")
    stable: StabilitySettings = Field(default=StabilitySettings(), description="when a person is steadily seen")

    @model_validator(mode="after")
    def _attainable(self) -> Gate:
        if self.max_persons is not None and self.max_persons < self.min_persons:
            raise ValueError(f"max_persons ({self.max_persons}) cannot be less than min_persons ({self.min_persons})")
        return self


class _Branch(FrozenModel):
    name: Name = Field(
        description="by which templates name its results: {name.value}; no other in the pipeline has it"
    )


class PostureBranch(_Branch):
    """The person's posture over a while. Results: ``value``, ``confidence``, ``trunk_inclination_deg``."""

    type: Literal["posture"] = "posture"
    duration_s: float = Field(
        default=1.0, ge=0, le=600, description="seconds that are looked at; the most frequent counts"
    )


class FallBranch(_Branch):
    """Whether the person falls. Results: ``value``, ``time_s`` into the episode, ``drop_mm``, ``lying_s``.

    It is settled when a fall is seen, else when the episode ends.
    """

    type: Literal["fall"] = "fall"
    upright_deg: float = Field(default=45.0, gt=0, lt=90, description="largest inclination of an upright trunk")
    lying_deg: float = Field(default=60.0, gt=0, lt=180, description="least inclination of a lying trunk")
    within_s: float = Field(
        default=2.0, gt=0, le=60, description="from upright to lying at most; slower is lying down"
    )
    lying_s: float = Field(default=1.0, ge=0, le=600, description="for which the person stays down")
    min_drop_mm: float = Field(
        default=250.0, ge=0, description="by which the hips go down at least: bending is no fall"
    )

    @model_validator(mode="after")
    def _apart(self) -> FallBranch:
        if self.upright_deg >= self.lying_deg:
            raise ValueError("upright_deg must be smaller than lying_deg")
        return self


class RepetitionsBranch(_Branch):
    """Repetitions of a movement, as the analysis of the whole file counts them.

    Results: ``value`` and ``count``, ``complete_count``, ``movement``, ``mean_height``, ``unit``, ``reason``. It is
    settled when the target is reached, else when the episode ends.
    """

    type: Literal["repetitions"] = "repetitions"
    target: int | None = Field(default=None, ge=1, description="complete repetitions at which the branch is settled")
    extractor: Extractor | None = Field(default=None, description="the signal; none: the joint that repeats")
    settings: FrozenJson = Field(default={}, validate_default=True, description="thresholds, as of the analysis")
    update_s: float = Field(default=1.0, gt=0, le=60, description="between two looks at the movement")
    settled_s: float = Field(
        default=1.0,
        ge=0,
        le=60,
        description="after its end, for which a repetition must stay as it is to be announced",
    )


class JointAnglesBranch(_Branch):
    """Clinical angles over a while.

    Results, in degrees, for each angle: ``ANGLE_min``, ``ANGLE_max``, ``ANGLE_range``, ``ANGLE_mean`` and
    ``ANGLE_last``; and ``coverage``, the share of the frames in which any of them is known.
    """

    type: Literal["joint_angles"] = "joint_angles"
    angles: tuple[str, ...] = Field(min_length=1, description="names of clinical angles: right_knee_flexion")
    duration_s: float | None = Field(default=None, gt=0, description="none: until the episode ends")


class ClassifierBranch(_Branch):
    """An ONNX classifier on a part of the picture. Results: ``value`` and ``class``, ``confidence``, ``index``."""

    type: Literal["classifier"] = "classifier"
    model: Name = Field(description="one of the pipeline's models")
    region: Region = Field(default=Region(), description="part of the picture that is judged")
    min_confidence: float = Field(default=0.0, ge=0, le=1, description="below it, value and class are null")
    timeout_s: float = Field(default=30.0, gt=0, le=3600, description="for the picture to be had and judged")


Branch = Annotated[
    PostureBranch | FallBranch | RepetitionsBranch | JointAnglesBranch | ClassifierBranch, Field(discriminator="type")
]


class Join(FrozenModel):
    """When the branches' results are enough.

    - ``all``: every branch must succeed; the first failure fails the episode.
    - ``any``: the first success completes the episode; it fails when all have failed.
    - ``required``: waits for the branches of ``required`` (all where it is empty), and completes when at least one
      of them has succeeded.
    """

    mode: Literal["all", "any", "required"] = Field(default="required", description="see above")
    required: tuple[Name, ...] = Field(default=(), description="branches that are waited for; empty: all")
    timeout_s: float | None = Field(
        default=None, gt=0, description="seconds from the episode's begin for all branches; none: each has its own"
    )

    @model_validator(mode="after")
    def _names_with_their_mode(self) -> Join:
        if self.required and self.mode != "required":
            raise ValueError(f"mode {self.mode} takes no names; use mode required")
        return self


class Rule(FrozenModel):
    """One thing to watch each person for."""

    name: Name = Field(description="which no other rule of the pipeline has")
    on_enter: tuple[Action, ...] = Field(default=(), description="what is done when an episode begins, in order")
    branches: tuple[Branch, ...] = Field(
        default=(), max_length=32, description="what is found out, side by side; none: until the person leaves"
    )
    join: Join = Field(default=Join(), description="when the branches' results are enough")
    on_complete: tuple[Action, ...] = Field(default=(), description="what is done when an episode ends, in order")
    linger_s: float = Field(
        default=2.0, ge=0, le=600, description="for which a person may be away before the episode ends"
    )
    max_duration_s: float = Field(
        default=600.0, gt=0, le=3600, description="after which an episode ends with what its branches know then"
    )
    repeat_after_s: float | None = Field(
        default=None,
        ge=0,
        description="after the end of an episode, the next one of the same person begins; none: when the person left "
        "and came back",
    )


class ClassifierModel(FrozenModel):
    """An ONNX network that puts pictures into classes."""

    file: str = Field(max_length=200, description="in the bundle: models/helmet.onnx")
    classes: tuple[str, ...] = Field(min_length=1, max_length=10_000, description="in the order of the outputs")
    size: tuple[Annotated[int, Field(ge=1, le=4096)], Annotated[int, Field(ge=1, le=4096)]] = Field(
        default=(224, 224), description="width and height of the input, px"
    )
    layout: Literal["nchw", "nhwc"] = Field(default="nchw", description="order of the input's axes")
    scale: float = Field(default=255.0, gt=0, description="by which the values 0 to 255 are divided")
    mean: tuple[float, float, float] = Field(
        default=(0.0, 0.0, 0.0), description="of red, green and blue, subtracted"
    )
    std: tuple[float, float, float] = Field(default=(1.0, 1.0, 1.0), description="of red, green and blue, divided by")
    softmax: bool = Field(default=True, description="whether the outputs are logits; else they are probabilities")

    @model_validator(mode="after")
    def _divisible(self) -> ClassifierModel:
        if not all(value > 0 for value in self.std):
            raise ValueError("std must be positive")
        return self


class Pipeline(FrozenModel):
    """What is watched for in a stream, and what is done about it; see :func:`neuropose_ray.rules.load_pipeline`."""

    name: Name = Field(description="of the pipeline, which its decisions carry")
    version: str = Field(default="1", min_length=1, max_length=60, description="as its authors count")
    gate: Gate = Field(default=Gate(), description="what a person must meet before any rule begins")
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=100, description="each watches everybody for itself")
    models: FrozenMapping[Name, ClassifierModel] = Field(
        default={}, validate_default=True, description="networks of the classifiers, by name"
    )

    @property
    def branches(self) -> dict[str, Branch]:
        """The branches of all rules by their names."""
        return {branch.name: branch for rule in self.rules for branch in rule.branches}


class Decision(FrozenModel):
    """What is to be done since an episode began or ended; what must not be lost.

    Attributes:
        decision_id: a UUID that follows from stream, epoch, person, rule, episode and phase: the same decision twice
            is one.
        outcome: None when the episode begins.
        owner: whose rules they are, by the name of the token; None where nobody is known.
        at: Unix seconds.
        fields: all that templates may name, without nesting: ``"squats.count"``, ``"session_id"``, ``"timestamp"``.
        actions: in order; templates are rendered when they run, with ``fields`` and the results of earlier ones.
        images: encoded pictures by the names of their ``save_image`` actions: the frame is gone when these run.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    decision_id: str
    stream_id: str
    camera_id: str
    subscription_id: str | None = None
    session_id: str | None = None
    epoch: int
    track_id: int
    episode: int
    rule: str
    phase: Phase
    outcome: Outcome | None = None
    owner: str | None = None
    at: float
    fields: FrozenJson
    actions: tuple[Action, ...]
    images: FrozenMapping[str, bytes] = Field(default={}, validate_default=True)


#: What subscribers are told of. A repetition is withdrawn where the whole movement shows that it was none.
LiveEventKind = Literal[
    "episode.entered",
    "episode.completed",
    "branch.completed",
    "branch.failed",
    "repetition",
    "repetition.withdrawn",
    "action.failed",
]


class LiveEvent(FrozenModel):
    """What happened in an episode: for subscribers, and lost without harm."""

    kind: LiveEventKind
    at: float = Field(description="Unix seconds")
    epoch: int
    track_id: int
    rule: str
    episode: int
    episode_id: str
    session_id: str | None = None
    data: FrozenJson = Field(default={}, validate_default=True)


#: What a rule engine gives, in order.
Step = Decision | LiveEvent
