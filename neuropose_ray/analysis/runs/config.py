"""The YAML file of an analysis: NeuroPose's, field for field, and what is new beside it.

New are: several trials, videos of a job by name, persons by track, the choice of fitted or raw poses, cleaning,
joints by name, the settings of the time warping, time-normalised cycles, and the analysis kind ``movement``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from neuropose_ray.analysis.angles.settings import AngleSettings
from neuropose_ray.analysis.body.settings import BodySettings
from neuropose_ray.analysis.cleaning.settings import CleaningSettings
from neuropose_ray.analysis.dtw.settings import WarpingSettings
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.measures.repetition import MeasureSettings
from neuropose_ray.analysis.person_choice import ALL_PEOPLE, PeopleChoice, PersonRule
from neuropose_ray.analysis.runs.files import read_text
from neuropose_ray.analysis.runs.signals import Joint, Signal
from neuropose_ray.analysis.segmentation.repetition_records import RepetitionSettings
from neuropose_ray.errors import SettingsError
from neuropose_ray.faults import faults
from neuropose_ray.schemas.immutable import AnyPath, AnyPattern, FiniteFloat, FrozenModel, StrictInt
from neuropose_ray.schemas.segmentation import DEFAULT_METHOD, NEUROPOSE_METHOD, SegmentationMethod
from neuropose_ray.yaml_files import parsed_yaml

_Count = Annotated[StrictInt, Field(ge=0)]


class ConfigError(SettingsError, ValueError):
    """An analysis configuration with a wrong key or value."""


class MalformedConfigError(ConfigError, yaml.YAMLError):  # type: ignore[misc]  # yaml is not typed
    """An analysis configuration that is not YAML."""


class InputsConfig(FrozenModel):
    """What is analysed: one trial against a reference or alone, or several trials."""

    primary: AnyPath | None = Field(default=None, description="predictions.parquet, a folder OUT/NAME, or JSON")
    reference: AnyPath | None = Field(default=None, description="what dtw compares with")
    trials: tuple[AnyPattern, ...] = Field(
        default=(), description="several primaries: files, folders and glob patterns"
    )
    primary_video: str | None = Field(default=None, description="which video of a job's results.json")
    reference_video: str | None = Field(default=None, description="which video of the reference's results.json")

    @model_validator(mode="after")
    def _one_or_many(self) -> InputsConfig:
        if (self.primary is None) == (not self.trials):
            raise ValueError("give either primary or trials")
        if self.trials and self.primary_video is not None:
            raise ValueError("primary_video goes with primary, not with trials")
        return self


class PreprocessingConfig(FrozenModel):
    """Whose poses, which, and how they are cleaned."""

    person_index: _Count = Field(
        default=0, description="in files with tracks the place in the order of `person`; else the place in each frame"
    )
    person: PeopleChoice = Field(
        default="longest",
        description="who comes first: who is seen longest, is largest in the picture, moves most, or is nearest to "
        "the middle of the picture; of several trials also `all` people, each as a trial",
    )
    track: StrictInt | None = Field(default=None, description="a person by the track's id instead")
    poses: Literal["fitted", "model"] = Field(
        default="fitted", description="the fitted skeleton where there is one, or what the pose model said"
    )
    capture_fps: Annotated[FiniteFloat, Field(gt=0)] | None = Field(
        default=None,
        description="frames per second at which a clip was taken that is stored slowed down; empty: what was told to "
        "process, else the times are true",
    )
    cleaning: CleaningSettings | None = Field(
        default=None, description="steps before everything else; {} for the field's usual ones, empty for none"
    )

    @model_validator(mode="after")
    def _one_person(self) -> PreprocessingConfig:
        if self.track is not None and self.person_index:
            raise ValueError("give either person_index or track")
        if self.person == ALL_PEOPLE and (self.track is not None or self.person_index):
            raise ValueError("person: all leaves nobody to choose by person_index or track")
        return self

    @property
    def rule(self) -> PersonRule:
        """How one person is chosen."""
        return "longest" if self.person == ALL_PEOPLE else self.person


class GaitCyclesConfig(FrozenModel):
    """Cycles of one foot, from valley to valley of a coordinate around its maximum."""

    kind: Literal["gait_cycles"]
    joint: str = Field(default="rhee", description="the heel, by its name or a landmark's (right_heel)")
    axis: Literal["x", "y", "z"] = Field(default="y", description="y points down: a heel strike is a maximum")
    invert: bool = False
    min_cycle_seconds: Annotated[FiniteFloat, Field(gt=0)] = 0.4
    min_prominence: FiniteFloat | None = None
    method: SegmentationMethod = DEFAULT_METHOD


class BilateralGaitCyclesConfig(FrozenModel):
    """Cycles of both heels."""

    kind: Literal["gait_cycles_bilateral"]
    axis: Literal["x", "y", "z"] = "y"
    invert: bool = False
    min_cycle_seconds: Annotated[FiniteFloat, Field(gt=0)] = 0.4
    min_prominence: FiniteFloat | None = None
    method: SegmentationMethod = DEFAULT_METHOD


class ExtractorConfig(FrozenModel):
    """Segments around the peaks of a signal."""

    kind: Literal["extractor"]
    extractor: Signal
    label: str = Field(default="segmentation", description="the name of the segments in the report")
    person_index: _Count | None = Field(default=None, description="another person than preprocessing says")
    min_distance_seconds: Annotated[FiniteFloat, Field(ge=0)] | None = None
    min_prominence: FiniteFloat | None = None
    min_height: FiniteFloat | None = None
    pad_seconds: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    method: SegmentationMethod = DEFAULT_METHOD


SegmentationChoice = Annotated[
    GaitCyclesConfig | BilateralGaitCyclesConfig | ExtractorConfig, Field(discriminator="kind")
]


class DtwConfig(FrozenModel):
    """Dynamic time warping of the primary against the reference, per segment or as a whole."""

    kind: Literal["dtw"]
    method: Literal["dtw_all", "dtw_per_joint", "dtw_relation"] = "dtw_all"
    align: Literal["none", "procrustes_per_frame", "procrustes_per_sequence"] = "none"
    align_scale: bool = Field(default=False, description="align also to the reference's size")
    representation: Literal["coords", "angles"] = "coords"
    angle_triplets: tuple[tuple[Joint, Joint, Joint], ...] | None = None
    joint_i: Joint | None = None
    joint_j: Joint | None = None
    nan_policy: Literal["propagate", "interpolate", "drop"] = "propagate"
    warping: WarpingSettings = WarpingSettings()
    time_normalise_points: Annotated[StrictInt, Field(ge=2)] | None = Field(
        default=None,
        description="resample every segment to so many points before it is compared; empty: only where align needs "
        "equal lengths and they differ",
    )

    @model_validator(mode="after")
    def _complete(self) -> DtwConfig:
        if self.method == "dtw_relation":
            if self.joint_i is None or self.joint_j is None:
                raise ValueError("dtw_relation needs joint_i and joint_j")
            if self.representation != "coords":
                raise ValueError("dtw_relation only supports representation='coords'")
        if self.representation == "angles" and not self.angle_triplets:
            raise ValueError("representation angles needs angle_triplets, at least one")
        return self


class StatsConfig(FrozenModel):
    """Statistics of one signal, per segment or as a whole."""

    kind: Literal["stats"]
    extractor: Signal


class MovementConfig(FrozenModel):
    """Clinical angles, repetitions, gait where somebody walks, and the whole body; empty leaves a part out."""

    kind: Literal["movement"]
    angles: AngleSettings | None = AngleSettings()
    repetitions: RepetitionSettings | None = Field(default_factory=RepetitionSettings)
    repetition_signal: Signal | None = Field(
        default=None, description="what repeats; empty: the bending of the large joints that comes back alike"
    )
    measures: MeasureSettings = Field(default_factory=MeasureSettings)
    gait: GaitSettings | None = GaitSettings()
    body: BodySettings | None = Field(default=BodySettings(), description="centre of mass, energies, jumps, running")


class NoAnalysisConfig(FrozenModel):
    """An analysis that segments and measures nothing."""

    kind: Literal["none"]


AnalysisChoice = Annotated[DtwConfig | StatsConfig | MovementConfig | NoAnalysisConfig, Field(discriminator="kind")]


class OutputConfig(FrozenModel):
    """Where the results go."""

    report: AnyPath = Field(description="JSON; of several trials, one file with all of them")


class AnalysisConfig(FrozenModel):
    """A whole analysis; see :func:`load_config`."""

    config_version: Literal[1] = 1
    inputs: InputsConfig
    preprocessing: PreprocessingConfig = PreprocessingConfig()
    segmentation: SegmentationChoice | None = None
    analysis: AnalysisChoice
    output: OutputConfig

    @model_validator(mode="after")
    def _inputs_fit(self) -> AnalysisConfig:
        if isinstance(self.analysis, DtwConfig) and self.inputs.reference is None:
            raise ValueError("analysis kind dtw needs inputs.reference")
        if isinstance(self.analysis, StatsConfig | MovementConfig) and self.inputs.reference is not None:
            raise ValueError(f"analysis kind {self.analysis.kind} takes inputs.primary only, no inputs.reference")
        return self


def load_config(path: str | Path) -> AnalysisConfig:
    """An analysis configuration from YAML.

    Relative paths of inputs are looked for below the working folder, as NeuroPose does, and where nothing is there
    below the file's own folder. The report's path is relative to the working folder.

    Raises:
        InputNotFoundError: there is no such file.
        MalformedConfigError: not YAML.
        ConfigError: a key or value is wrong; every one of them is named.
    """
    path = Path(path)
    try:
        content = parsed_yaml(read_text(path))
    except ValueError as error:
        raise MalformedConfigError(str(error), where=str(path)) from error
    try:
        config = AnalysisConfig.model_validate(content)
    except ValidationError as error:
        hint = "see neuropose-ray analyze --help"
        raise ConfigError("; ".join(faults(error, AnalysisConfig)), where=str(path), hint=hint) from error
    return config.model_copy(update={"inputs": _found(config.inputs, path.parent)})


def with_neuropose_rules(config: AnalysisConfig) -> AnalysisConfig:
    """The same analysis by NeuroPose's rules alone, for its numbers.

    Segments are cut by ``valley_to_valley_v1``, distances are fastdtw's, and poses are the pose model's.
    """
    segmentation, analysis = config.segmentation, config.analysis
    if segmentation is not None:
        segmentation = segmentation.model_copy(update={"method": NEUROPOSE_METHOD})
    if isinstance(analysis, DtwConfig):
        warping = analysis.warping.model_copy(update={"method": "fastdtw"})
        analysis = analysis.model_copy(update={"warping": warping})
    preprocessing = config.preprocessing.model_copy(update={"poses": "model"})
    return config.model_copy(
        update={"preprocessing": preprocessing, "segmentation": segmentation, "analysis": analysis}
    )


def analysis_config_to_dict(config: AnalysisConfig) -> dict[str, Any]:
    """The configuration as plain values of JSON, defaults written out."""
    return config.model_dump(mode="json")


def _found(inputs: InputsConfig, folder: Path) -> InputsConfig:
    return inputs.model_copy(
        update={
            "primary": inputs.primary and _beside(inputs.primary, folder),
            "reference": inputs.reference and _beside(inputs.reference, folder),
            "trials": tuple(_pattern_beside(pattern, folder) for pattern in inputs.trials),
        }
    )


def _beside(path: Path, folder: Path) -> Path:
    return path if path.exists() or not (folder / path).exists() else folder / path


def _pattern_beside(pattern: str, folder: Path) -> str:
    if Path(pattern).is_absolute() or Path(pattern).exists() or any(Path().glob(pattern)):
        return pattern
    return str(folder / pattern)
