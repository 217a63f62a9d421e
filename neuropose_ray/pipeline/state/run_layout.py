"""The hidden folder of a run's state; the names of its results are in ``schemas.result_files``."""

from __future__ import annotations

from pathlib import Path, PurePath

#: Which video a folder's results are made from, and where it lies; hidden, as it names folders of this machine.
SOURCE_FILE = ".source.json"
#: What waits in a video's folder until the video is whole.
CHUNKS_FOLDER = "chunks"
PLAN_FILE = "plan.bin"
#: The same of earlier versions, which nobody reads any more.
FORMER_PLAN_FILE = "plan.npz"

#: No video's folder begins with a dot, and discovery passes over what does.
STATE_FOLDER = ".neuropose-ray"


def is_internal(path: PurePath) -> bool:
    """Whether a path below a run's folder is the run's own and no result: state, chunks, and files being written.

    Args:
        path: relative to the run's folder.
    """
    return any(part.startswith(".") for part in path.parts) or path.parts[1:2] == (CHUNKS_FOLDER,)


def state_folder(out: Path) -> Path:
    """The folder of a run's lease, manifest and progress."""
    return out / STATE_FOLDER


def manifest_folder(out: Path) -> Path:
    """The folder of the manifest's parts."""
    return state_folder(out) / "manifest"
