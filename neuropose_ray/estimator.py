"""NeuroPose's way into the program from Python: an object that is given a video and returns its predictions."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuropose_ray.api import named_model, run_with
from neuropose_ray.errors import InputError, MissingFileError
from neuropose_ray.models import PoseModelSpec
from neuropose_ray.neuropose_names import from_neuropose_file
from neuropose_ray.pipeline import ChunkOutcome, NullReporter, RunSettings, VideoMetrics
from neuropose_ray.schemas.performance import PerformanceMetrics
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.schemas.reading import read
from neuropose_ray.schemas.result_files import METRICS_FILE
from neuropose_ray.service import load_settings
from neuropose_ray.settings import merged_layers

#: Frames that are done, and how many there are.
ProgressCallback = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ProcessVideoResult:
    """The predictions of one video, and how fast they were made."""

    predictions: VideoPredictions
    metrics: PerformanceMetrics

    @property
    def frame_count(self) -> int:
        """The number of frames that were decoded."""
        return len(self.predictions)


class Estimator:
    """A pose model with settings, for one video at a time; :func:`neuropose_ray.process` is for many.

    Args:
        model: as for :func:`neuropose_ray.process`.
        default_fov_degrees: field of view over the longer side of the frame, where a call gives none; None for the
            settings' own.
        skeleton: MeTRAbs's joint convention; None for the settings' own.
        **settings: any other part of the settings, named and nested as in the YAML file, or by NeuroPose's names,
            such as ``device="/GPU:0"``.

    Raises:
        SettingsError: a name or value is wrong.
    """

    def __init__(
        self,
        *,
        model: str | PoseModelSpec | None = None,
        default_fov_degrees: float | None = None,
        skeleton: str | None = None,
        **settings: Any,
    ) -> None:
        self._model = None if isinstance(model, str) else model
        named = {
            "model": model if isinstance(model, str) else None,
            "metrabs": {"skeleton": skeleton},
            "camera": {"field_of_view_degrees": default_fov_degrees},
        }
        self._flags = merged_layers(*from_neuropose_file(settings), named)
        self._settings()

    @property
    def is_model_loaded(self) -> bool:
        """Whether the pose model is at hand, so that no video waits for its weights."""
        return self._model is not None

    def load_model(self, cache_dir: str | Path | None = None) -> None:
        """Fetch the pose model now instead of with the first video; one that is at hand stays.

        Args:
            cache_dir: folder of weights; None for the settings' own.

        Raises:
            ModelError: the weights cannot be had.
            OutputError: the folder cannot be written.
        """
        if self._model is None:
            folder = None if cache_dir is None else str(cache_dir)
            self._flags = merged_layers(self._flags, {"weights": {"cache_dir": folder}})
            self._model = named_model(self._settings())

    def process_video(
        self, video_path: str | Path, *, fov_degrees: float | None = None, progress: ProgressCallback | None = None
    ) -> ProcessVideoResult:
        """Find the people in one video.

        Args:
            video_path: a video file, or a folder of numbered images.
            fov_degrees: field of view over the longer side of the frame.
            progress: told how many frames are done of how many, after each chunk of frames.

        Raises:
            MissingFileError: (a FileNotFoundError) there is no such file.
            InputError: it cannot be decoded.
            ModelError: the pose model cannot be had or loaded.
        """
        if not Path(video_path).exists():
            raise MissingFileError("there is no such file", where=str(video_path), hint="check the path")
        with tempfile.TemporaryDirectory(prefix="neuropose_ray_") as name:
            out = Path(name)
            summary = run_with(
                self._settings(fov_degrees),
                [str(video_path)],
                out,
                model=self._model,
                progress=_FrameCounter(progress),
            )
            video = summary.videos[0]
            if video.errors:
                raise InputError(video.errors[0].message, where=str(video_path))
            metrics = VideoMetrics.model_validate_json((out / video.name / METRICS_FILE).read_bytes())
            return ProcessVideoResult(read(out / video.name), metrics.performance)

    def _settings(self, fov_degrees: float | None = None) -> RunSettings:
        return load_settings(None, merged_layers(self._flags, {"camera": {"field_of_view_degrees": fov_degrees}}))


class _FrameCounter(NullReporter):
    """Tells a callback of frames."""

    def __init__(self, callback: ProgressCallback | None) -> None:
        self._callback, self._done, self._total = callback, 0, 0

    def start(self, chunks: int, frames: int) -> None:
        """Keep how many frames there are."""
        del chunks
        self._total = frames

    def advance(self, outcome: ChunkOutcome) -> None:
        """Count the frames of a chunk."""
        self._done += outcome.frames
        if self._callback is not None:
            self._callback(self._done, max(self._total, self._done))
