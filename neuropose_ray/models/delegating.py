"""A spec that delegates to another one."""

from __future__ import annotations

from dataclasses import dataclass

from neuropose_ray.models.protocol import PoseModelSpec


@dataclass(frozen=True, slots=True)
class DelegatingSpec:
    """A spec with the attributes of another one; subclasses load the model in their own way."""

    spec: PoseModelSpec

    @property
    def name(self) -> str:
        """The name of the underlying model."""
        return self.spec.name

    @property
    def sha256(self) -> str:
        """The digest of the underlying model's weights."""
        return self.spec.sha256

    @property
    def field_of_view_degrees(self) -> float:
        """The field of view that the underlying model assumes."""
        return self.spec.field_of_view_degrees

    @property
    def threads(self) -> int | None:
        """The threads of the underlying model."""
        return self.spec.threads

    @property
    def device(self) -> str:
        """The device of the underlying model."""
        return self.spec.device

    @property
    def session_frames(self) -> int | None:
        """The frames of one session of the underlying model."""
        return self.spec.session_frames

    def fingerprint(self) -> str:
        """The fingerprint of the underlying model: how a model is loaded changes no numbers."""
        return self.spec.fingerprint()
