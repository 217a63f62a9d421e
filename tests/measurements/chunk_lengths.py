"""How far results depend on the length of chunks and on the engine.

``python tests/measurements/chunk_lengths.py OUT CLIP...`` processes each clip in chunks of 60, 256 and 1,000 frames,
on threads and on Ray, and prints how each differs from chunks of 256 frames on threads. ``--cases ray_60 local_1000``
leaves the other runs out.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import PoseTable

#: Engine and frames of a chunk.
CASES = tuple((engine, frames) for engine in ("local", "ray") for frames in (60, 256, 1000))
REFERENCE = ("local", 256)
#: Process one video: ``process([video], out, engine, video={"chunk_frames": 60})``.
Process = Callable[..., object]


@dataclass(frozen=True)
class Difference:
    """Between two tables of one video.

    Attributes:
        rows: of both tables.
        same_people: the same ids in the same frames.
        pixels: how far a 2D point is off at most, of the people who are in both.
        fitted_mm: how far a fitted 3D point is off at most.
    """

    rows: tuple[int, int]
    same_people: bool
    pixels: float
    fitted_mm: float


def difference(one: PoseTable, other: PoseTable) -> Difference:
    """How far two tables of one video are apart."""
    places = [_places(table) for table in (one, other)]
    both = sorted(places[0].keys() & places[1].keys())
    rows, rows_too = (np.array([place[key] for key in both], np.int64) for place in places)
    pixels = one.poses.poses2d[rows].astype(np.float64) - other.poses.poses2d[rows_too]
    fitted = one.poses3d_fitted[rows].astype(np.float64) - other.poses3d_fitted[rows_too]
    return Difference(
        (len(one.poses), len(other.poses)), places[0].keys() == places[1].keys(), _farthest(pixels), _farthest(fitted)
    )


def _places(table: PoseTable) -> dict[tuple[int, int, int], int]:
    """Row of each person by frame, id, and its place from the left among those of one frame and id."""
    frames, ids, lefts = table.poses.frame, table.track_ids, table.poses.boxes[:, 0]
    places: dict[tuple[int, int, int], int] = {}
    for row in np.lexsort((lefts, ids, frames)).tolist():
        number = 0
        while (key := (int(frames[row]), int(ids[row]), number)) in places:
            number += 1
        places[key] = row
    return places


def _farthest(apart: np.ndarray) -> float:
    distances = np.linalg.norm(apart, axis=-1)
    return float(np.nanmax(distances)) if np.isfinite(distances).any() else 0.0


def measure(
    process: Process, clip: Path, out: Path, cases: Sequence[tuple[str, int]] = CASES, **settings: object
) -> Iterator[tuple[str, int, Difference]]:
    """Engine, frames of a chunk, and the difference from the reference, for each case but that."""
    reference = _processed(process, clip, out, REFERENCE, settings)
    for case in cases:
        if case != REFERENCE:
            yield *case, difference(reference, _processed(process, clip, out, case, settings))


def _processed(
    process: Process, clip: Path, out: Path, case: tuple[str, int], settings: dict[str, object]
) -> PoseTable:
    engine, frames = case
    process([clip], _folder(out, case), engine, video={"chunk_frames": frames}, **settings)
    return read_predictions(_folder(out, case) / clip.stem / "predictions.parquet")[0]


def _folder(out: Path, case: tuple[str, int]) -> Path:
    return out / "{}_{}".format(*case)


def people(table: PoseTable) -> list[tuple[int, int, int, int]]:
    """Id, first frame, last frame and rows of everybody."""
    of = [(int(person), table.poses.frame[table.track_ids == person]) for person in np.unique(table.track_ids)]
    return [(person, int(frames[0]), int(frames[-1]), len(frames)) for person, frames in of if person >= 0]


@contextmanager
def shared_ray() -> Iterator[None]:
    """One Ray for all runs of this process."""
    import ray

    from neuropose_ray.ray_ports import free_agent_port
    from neuropose_ray.service.own_ray import started_ray

    with free_agent_port():
        started_ray(address="local", num_cpus=2, object_store_memory=500_000_000)
    yield
    ray.shutdown()


def run_program(videos: Sequence[Path], out: Path, engine: str, **flags: object) -> None:
    """The whole program, with the weights of this machine."""
    from neuropose_ray.models.spec import resolve_model
    from neuropose_ray.pipeline.engines.start import started_engine
    from neuropose_ray.pipeline.run import run
    from neuropose_ray.pipeline.state.progress import NullReporter
    from neuropose_ray.service.settings import load_settings

    settings = load_settings(None, {"engine": {"kind": engine}, **flags}, environment={})
    spec = resolve_model(settings)
    with started_engine(settings.engine, spec, "chunks") as started:
        summary = run(list(videos), out, settings=settings, spec=spec, engine=started, progress=NullReporter())
    assert summary.all_well, summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--cases", nargs="+", default=["{}_{}".format(*case) for case in CASES])
    options = parser.parse_args()
    cases = [case for case in CASES if "{}_{}".format(*case) in options.cases]
    print(f"{'clip':28} {'engine':6} {'chunk':>5} {'rows':>11} {'ids':>5} {'2D px':>7} {'fitted mm':>9}")
    with shared_ray():
        for clip in options.clips:
            out = options.out / clip.stem
            for engine, frames, made in measure(run_program, clip, out, cases):
                rows, ids = f"{made.rows[0]}/{made.rows[1]}", "same" if made.same_people else "other"
                print(
                    f"{clip.stem[:28]:28} {engine:6} {frames:5} {rows:>11} {ids:>5} {made.pixels:7.2f} "
                    f"{made.fitted_mm:9.2f}",
                    flush=True,
                )
            table = read_predictions(_folder(out, REFERENCE) / clip.stem / "predictions.parquet")[0]
            for person, first, last, count in people(table):
                print(f"{clip.stem[:28]:28} id {person}: frames {first} to {last}, {count} rows", flush=True)


if __name__ == "__main__":
    main()
