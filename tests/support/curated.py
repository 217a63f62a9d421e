"""Runs of curation over a folder of frames in which faults were planted, and the digests of what they wrote."""

from contextlib import closing
from pathlib import Path

from support.frame_folders import blurred, clipped, dark, write_folder

from neuropose_ray.curation import CurationSettings, MetricRegistry
from neuropose_ray.pipeline.curation.run import curate
from neuropose_ray.pipeline.curation.summary import CurationSummary
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.schemas.digest import file_sha256

#: Of 300 frames; with chunks of 64 there are borders at multiples of 50, with 150 in the middle.
PLANTED_FRAMES = 300
BLURRED, DARK, CLIPPED = [10, 49, 50, 149, 250], [20, 99, 100, 299], [0, 30, 150, 151]
COPIES = {200: 120, 249: 120, 148: 60}
FROZEN = range(170, 186)


def write_planted(folder: Path) -> Path:
    """A folder of frames with faults at known places."""
    changes = {**dict.fromkeys(BLURRED, blurred), **dict.fromkeys(DARK, dark), **dict.fromkeys(CLIPPED, clipped)}
    return write_folder(folder, PLANTED_FRAMES, changes, {**COPIES, **dict.fromkeys(FROZEN, 170)})


def run(inputs: Path | list[Path], out: Path, registry: MetricRegistry | None = None, **settings) -> CurationSummary:
    """Curate on two threads, with the settings given by name."""
    with closing(LocalEngine(2)) as engine:
        return curate(
            inputs if isinstance(inputs, list) else [inputs],
            out,
            settings=CurationSettings(**settings),
            engine=engine,
            progress=NullReporter(),
            registry=registry,
        )


def digests(out: Path) -> dict[str, str]:
    """The digests of all results; the ledger and the summary have times in them."""
    files = [path for path in out.rglob("*.parquet") if "manifest" not in path.parts]
    return {path.relative_to(out).as_posix(): file_sha256(path) for path in sorted(files)}
