"""The spec of a built-in pose model: its weights and settings, loaded by each worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from neuropose_ray.errors import DigestMismatchError, ModelError
from neuropose_ray.models.blazepose.settings import BLAZEPOSE_VERSION, BlazePoseSettings
from neuropose_ray.models.metrabs.settings import METRABS_VERSION, MetrabsSettings
from neuropose_ray.models.protocol import PoseModel
from neuropose_ray.models.weights import Weights, WeightSettings, WeightStore
from neuropose_ray.models.weights.settings import Progress, default_cache_dir, no_progress

#: Phone cameras see 65 to 70 degrees over their longer side; refits of marker mocap put ours at 65 to 80.
PHONE_FIELD_OF_VIEW_DEGREES = 67.0
#: What MeTRAbs assumes of an unknown camera.
METRABS_FIELD_OF_VIEW_DEGREES = 55.0


@dataclass(frozen=True, slots=True)
class WeightsOrigin:
    """The model string and the store's settings, for machines that do not have the weights yet."""

    model: str
    settings: WeightSettings

    def fetched(self) -> Weights:
        """The weights on this machine; of several processes at once one fetches them, and the others wait.

        Raises:
            ModelError: they are not to be had here.
            OutputError: the cache cannot be written.
        """
        # A cache that nobody named is this machine's own, whatever the home of the user is called elsewhere.
        named = "cache_dir" in self.settings.model_fields_set
        folder = self.settings.cache_dir if named else default_cache_dir()
        return WeightStore.from_settings(self.settings.model_copy(update={"cache_dir": folder})).path(self.model)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A built-in pose model before it is loaded.

    Attributes:
        weights: as they lie on the machine that made this.
        settings: of the backend.
        origin: how another machine gets them; None: it has them at the same path.
    """

    weights: Weights
    settings: BlazePoseSettings | MetrabsSettings
    origin: WeightsOrigin | None = None

    @property
    def name(self) -> str:
        """The name of the backend, such as ``blazepose``."""
        return self.weights.backend

    @property
    def sha256(self) -> str:
        """Digest of the weights."""
        return self.weights.sha256

    @property
    def field_of_view_degrees(self) -> float:
        """Assumed field of view over the longer side of the frame, for a camera of which nothing is known."""
        is_metrabs = self.weights.backend == "metrabs"
        return METRABS_FIELD_OF_VIEW_DEGREES if is_metrabs else PHONE_FIELD_OF_VIEW_DEGREES

    @property
    def threads(self) -> int | None:
        """CPU threads that one loaded model keeps busy; None: all of the machine, or a GPU."""
        return self.settings.threads if isinstance(self.settings, BlazePoseSettings) else None

    @property
    def device(self) -> str:
        """Device of a loaded model: ``cpu``, ``gpu:N``, or ``auto`` for a GPU where there is one."""
        return self.settings.device if isinstance(self.settings, MetrabsSettings) else "cpu"

    @property
    def session_frames(self) -> int | None:
        """Frames of a session of BlazePose, which follows people; None for MeTRAbs, which sees every frame alone."""
        return self.settings.session_frames if isinstance(self.settings, BlazePoseSettings) else None

    def fingerprint(self) -> str:
        """All that identifies the numbers this model gives."""
        version = METRABS_VERSION if isinstance(self.settings, MetrabsSettings) else BLAZEPOSE_VERSION
        return f"{self.name} {version} {self.weights.sha256} {self.settings.fingerprint()}"

    def load(self) -> PoseModel:
        """Load the model into memory.

        Raises:
            ModelError: the weights cannot be found, loaded or run.
            OutputError: weights were to be fetched, and their cache cannot be written.
        """
        weights = self._weights_here()
        path, sha256, filename = weights.path, weights.sha256, weights.filename
        if isinstance(self.settings, MetrabsSettings):
            from neuropose_ray.models.metrabs.model import MetrabsModel

            return MetrabsModel(path, sha256=sha256, filename=filename, settings=self.settings)
        from neuropose_ray.models.blazepose.model import BlazePoseModel

        return BlazePoseModel(path, sha256=sha256, filename=filename, settings=self.settings)

    def _weights_here(self) -> Weights:
        if self.origin is None or self.weights.path.exists():
            return self.weights
        weights = self.origin.fetched()
        if weights.sha256 != self.weights.sha256:
            raise DigestMismatchError(
                f"weights of {weights.sha256} here, of {self.weights.sha256} where the run was started",
                where=str(weights.path),
                hint="name one folder that all nodes see with NEUROPOSE_WEIGHTS__CACHE_DIR",
            )
        return weights


class ModelSettings(Protocol):
    """The part of a program's settings that chooses a pose model."""

    @property
    def model(self) -> str:
        """Name of the catalogue, path, or URL."""
        ...

    @property
    def weights(self) -> WeightSettings:
        """Folder and source of weights."""
        ...

    @property
    def blazepose(self) -> BlazePoseSettings:
        """Settings of the backend ``blazepose``."""
        ...

    @property
    def metrabs(self) -> MetrabsSettings:
        """Settings of the backend ``metrabs``."""
        ...


def resolve_model(settings: ModelSettings, progress: Progress = no_progress) -> ModelSpec:
    """The pose model that settings name, with its weights on this machine, fetched if need be.

    Args:
        settings: the model, its weights, and the settings of both backends.
        progress: called with every piece of a download.

    Raises:
        ModelError: the weights cannot be had.
        OutputError: their cache cannot be written.
    """
    return _spec(WeightStore.from_settings(settings.weights).path(settings.model, progress=progress), settings)


def expected_model(settings: ModelSettings) -> ModelSpec:
    """The pose model that settings name, without fetching weights: to plan with, not to be loaded.

    Raises:
        ModelError: there is no such model.
        OutputError: the cache cannot be read.
    """
    return _spec(WeightStore.from_settings(settings.weights).expected(settings.model), settings)


def _spec(weights: Weights, settings: ModelSettings) -> ModelSpec:
    if weights.backend == "selfie_segmentation":
        raise ModelError("is a segmenter, not a pose model", where=settings.model, hint="use blazepose or metrabs")
    own = settings.blazepose if weights.backend == "blazepose" else settings.metrabs
    return ModelSpec(weights, own, WeightsOrigin(settings.model, settings.weights))
