"""Which model, with which weights and settings: small, travels to any worker, and loads itself there."""

from __future__ import annotations

from dataclasses import dataclass

from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.models.metrabs.settings import MetrabsSettings
from neuropose_ray.models.protocol import PoseModel
from neuropose_ray.models.weights import Weights

#: Phone cameras see 65 to 70 degrees over their longer side; refits of marker mocap put ours at 65 to 80.
PHONE_FIELD_OF_VIEW_DEGREES = 67.0
#: What MeTRAbs assumes of an unknown camera.
METRABS_FIELD_OF_VIEW_DEGREES = 55.0


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A pose model before it is loaded."""

    weights: Weights
    settings: BlazePoseSettings | MetrabsSettings

    @property
    def name(self) -> str:
        """The backend."""
        return self.weights.backend

    @property
    def field_of_view_degrees(self) -> float:
        """What the camera is taken for where nothing is known of it."""
        is_metrabs = self.weights.backend == "metrabs"
        return METRABS_FIELD_OF_VIEW_DEGREES if is_metrabs else PHONE_FIELD_OF_VIEW_DEGREES

    @property
    def threads(self) -> int | None:
        """CPU threads that one loaded model keeps busy; None: all of the machine, or a GPU."""
        return self.settings.threads if isinstance(self.settings, BlazePoseSettings) else None

    def fingerprint(self) -> str:
        """All that identifies the numbers this model gives."""
        return f"{self.name} {self.weights.sha256} {self.settings.fingerprint()}"

    def load(self) -> PoseModel:
        """Bring the model into memory.

        Raises:
            ModelError: the weights cannot be loaded or run.
        """
        path, sha256, filename = self.weights.path, self.weights.sha256, self.weights.filename
        if isinstance(self.settings, MetrabsSettings):
            from neuropose_ray.models.metrabs.model import MetrabsModel

            return MetrabsModel(path, sha256=sha256, filename=filename, settings=self.settings)
        from neuropose_ray.models.blazepose.model import BlazePoseModel

        return BlazePoseModel(path, sha256=sha256, filename=filename, settings=self.settings)
