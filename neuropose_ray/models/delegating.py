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
        """Backend of the other spec."""
        return self.spec.name

    @property
    def sha256(self) -> str:
        """Digest of the weights of the other spec."""
        return self.spec.sha256

    @property
    def field_of_view_degrees(self) -> float:
        """Assumed field of view of the other spec."""
        return self.spec.field_of_view_degrees

    @property
    def threads(self) -> int | None:
        """CPU threads of the other spec."""
        return self.spec.threads

    @property
    def device(self) -> str:
        """Device of the other spec."""
        return self.spec.device

    def fingerprint(self) -> str:
        """The other's: how a model is loaded changes no numbers."""
        return self.spec.fingerprint()
