"""A second look at the least sure frames of a run, by another, larger pose model.

Its poses lie beside the predictions, which stay what they are; data sets take them in place of those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neuropose_ray.curation import SelectionSettings, frames_to_review
from neuropose_ray.errors import NeuroposeRayError, OutputError
from neuropose_ray.models import PoseModel, PoseModelSpec
from neuropose_ray.pipeline.chunks.frames import LocalFrames
from neuropose_ray.pipeline.chunks.headers import chunk_header
from neuropose_ray.pipeline.chunks.process import process_chunk
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.inputs.source_record import find_video
from neuropose_ray.pipeline.planning.plan import POSES, ChunkTask, VideoPlan, plan_video
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.pipeline.state.lease import held_lease
from neuropose_ray.pipeline.state.progress import ProgressReporter
from neuropose_ray.pipeline.state.run_layout import state_folder
from neuropose_ray.schemas.atomic import atomic_path
from neuropose_ray.schemas.frame_table import FRAMES_FILE, read_frames
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.reading import read_table
from neuropose_ray.schemas.result_files import SECOND_PASS_FILE
from neuropose_ray.video import Chunk

_MARGIN_S = 1e-6


@dataclass(frozen=True, slots=True)
class SecondPass:
    """What became of it.

    Attributes:
        frames: by video, the frames that the model looked at.
        persons: that it found in them.
        errors: by video, why its frames could not be looked at.
    """

    frames: Mapping[str, int]
    persons: int
    errors: Mapping[str, str]


def second_pass(
    out: Path,
    spec: PoseModelSpec,
    *,
    count: int,
    selection: SelectionSettings,
    progress: ProgressReporter,
    decode_threads: int,
) -> SecondPass:
    """Let a model look at the least sure frames of all videos of a run, and write its poses beside the predictions.

    Frames are chosen anew each time, and the file of an earlier pass is replaced. A video that is gone or damaged
    stops no other.

    Args:
        out: the output folder of a run.
        spec: the model.
        count: frames at the most, of all videos together.
        selection: what counts as unsure, and as unlike.
        progress: told where another run has the folder.
        decode_threads: threads of one decoder.

    Raises:
        InputError: there are no predictions, or a file of the run is damaged.
        ModelError: the model cannot be loaded.
        RunLockedError: another run writes into ``out``.
        OutputError: ``out`` cannot be written.
    """
    chosen = frames_to_review(out, count, selection)
    with held_lease(state_folder(out), wait=False, on_wait=progress.waiting) as lease:
        model = spec.load()
        frames: dict[str, int] = {}
        errors: dict[str, str] = {}
        persons = 0
        for video, selected in chosen.items():
            lease.check()
            try:
                positions = sorted(frame.frame for frame in selected)
                persons += _look(out / video, positions, model, spec, decode_threads)
                frames[video] = len(positions)
            except OutputError:
                raise
            except NeuroposeRayError as error:
                errors[video] = str(error)
    return SecondPass(frames, persons, errors)


def _look(folder: Path, positions: Sequence[int], model: PoseModel, spec: PoseModelSpec, threads: int) -> int:
    """Write what the model finds in some frames of a video; how many people that is."""
    plan = _plan(folder, positions, spec)
    tables = []
    for index in range(len(plan.chunks)):
        task = ChunkTask(plan, index, (POSES,))
        done = process_chunk(model, task, LocalFrames(task, threads=threads), lambda _stage: nullcontext())
        tables.append(done.table)
    table = PoseTable.concatenate(tables)
    with atomic_path(folder / SECOND_PASS_FILE) as path:
        write_predictions(path, table, chunk_header(ChunkTask(plan, 0), model.info, table.frame_count))
    return len(table.poses)


def _plan(folder: Path, positions: Sequence[int], spec: PoseModelSpec) -> VideoPlan:
    """A plan of the video whose chunks are single frames, each with a session of its own."""
    predictions, header = read_table(folder)
    times_s = predictions.timestamps_s
    if (folder / FRAMES_FILE).is_file():
        times_s = read_frames(folder / FRAMES_FILE)[0]["timestamp_s"].to_numpy()
    source = find_video(folder)
    video = FoundVideo(folder.name, str(source.path))
    plan = plan_video(video, source, spec, CameraSettings(), 1)
    chunks, sessions = [], []
    for index, time_s in enumerate(times_s[list(positions)].tolist()):
        first = min(int(np.searchsorted(plan.info.timestamps_s, time_s - _MARGIN_S)), plan.info.frame_count - 1)
        chunks.append(Chunk(index, time_s - _MARGIN_S, time_s + _MARGIN_S, first, 1))
        sessions.append(first)
    keys = tuple(str(chunk.index) for chunk in chunks)  # they are kept nowhere
    return replace(
        plan, camera=header.camera or plan.camera, chunks=tuple(chunks), sessions=tuple(sessions), keys=keys
    )
