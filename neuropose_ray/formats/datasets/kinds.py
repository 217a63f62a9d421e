"""Kinds of data sets, and what decides about their frames; the command line knows them without loading who writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from neuropose_ray.errors import SettingsError
from neuropose_ray.schemas.frame_table import FrameFlag


class DatasetKind(StrEnum):
    """The kinds that can be written."""

    COCO = "coco"
    YOLO_POSE = "yolo-pose"
    JSONL = "jsonl"
    PARQUET = "parquet"
    LABEL_STUDIO = "label-studio"
    CVAT = "cvat"

    @classmethod
    def with_masks(cls) -> frozenset[DatasetKind]:
        """The kinds that hold which pixels are a person's."""
        return frozenset({cls.COCO, cls.JSONL, cls.PARQUET})


class Split(StrEnum):
    """The parts of a data set."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


#: Flags of frames from which nothing is learnt, or learnt twice.
EXCLUDED_BY_DEFAULT = frozenset(
    {
        FrameFlag.UNREADABLE,
        FrameFlag.BLURRED,
        FrameFlag.DARK,
        FrameFlag.BRIGHT,
        FrameFlag.CLIPPED,
        FrameFlag.UNIFORM,
        FrameFlag.DUPLICATE,
    }
)


@dataclass(frozen=True, slots=True)
class DatasetSettings:
    """What decides about the frames and the labels of a data set.

    Attributes:
        excluded: flags of the frames that are left out, and listed with their flags.
        min_score: the score of a person, and of a keypoint, below which it is not labelled.
        visible_score: the score of a keypoint from which it counts as in sight; below it is labelled as hidden.
        fractions: the parts of the frames for training, validation and test.
        subjects: who is in each video, so that nobody is on two sides; a video that is not named stands for itself.
    """

    excluded: frozenset[FrameFlag] = EXCLUDED_BY_DEFAULT
    min_score: float = 0.25
    visible_score: float = 0.5
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    subjects: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Refuse parts that are none.

        Raises:
            SettingsError: a fraction is negative, or they do not add up to 1.
        """
        if min(self.fractions) < 0 or abs(sum(self.fractions) - 1) > 1e-6:
            raise SettingsError(f"fractions {self.fractions} do not add up to 1", hint="give three, as 0.8 0.1 0.1")
