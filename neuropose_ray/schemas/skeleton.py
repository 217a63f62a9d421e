"""What a skeleton is: ordered joint names, edges, and where the common landmarks are."""

from __future__ import annotations

from pydantic import Field, model_validator

from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel

#: The anatomical landmarks that analysis, tracking and fitting ask for by name, for any skeleton.
LANDMARKS = tuple(
    f"{side}_{part}"
    for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist", "heel", "toe")
    for side in ("right", "left")
)


class Skeleton(FrozenModel):
    """Ordered joints of a pose; its joint axis has length ``len(joint_names)``.

    ``landmarks`` maps a name of :data:`LANDMARKS` to the joint that stands for it; a skeleton need not have all.
    """

    name: str
    joint_names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...] = ()
    landmarks: FrozenMapping[str, str] = Field(default={}, validate_default=True)

    @model_validator(mode="after")
    def _consistent(self) -> Skeleton:
        count = len(self.joint_names)
        if count == 0 or len(set(self.joint_names)) != count:
            raise ValueError(f"skeleton {self.name!r} needs distinct joint names, at least one")
        if any(not 0 <= joint < count for edge in self.edges for joint in edge):
            raise ValueError(f"skeleton {self.name!r} has an edge to a joint that it does not have")
        unknown = [f"{k}={v}" for k, v in self.landmarks.items() if k not in LANDMARKS or v not in self.joint_names]
        if unknown:
            raise ValueError(f"skeleton {self.name!r} has unknown landmarks: {', '.join(unknown)}")
        return self

    def __len__(self) -> int:
        return len(self.joint_names)

    def index(self, name: str) -> int:
        """The position of a joint, by its own name or by a landmark's.

        Raises:
            KeyError: the skeleton has no such joint; the message lists those it has.
        """
        joint = name if name in self.joint_names else self.landmarks.get(name)
        if joint is None:
            raise KeyError(f"unknown joint name {name!r}; {self.name} has {', '.join(self.joint_names)}")
        return self.joint_names.index(joint)

    @property
    def missing_landmarks(self) -> tuple[str, ...]:
        """Those of :data:`LANDMARKS` for which there is no joint."""
        return tuple(landmark for landmark in LANDMARKS if landmark not in self.landmarks)

    def has(self, *names: str) -> bool:
        """Whether all these joints or landmarks are there."""
        return all(name in self.joint_names or name in self.landmarks for name in names)
