"""Files of curation on their way: written under another name, known to the ledger, and only then in their place.

So a file in its place always has the digest that the ledger says, whatever moment a run is killed in; one that has
another was damaged or exchanged.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from neuropose_ray.curation import Artifact
from neuropose_ray.schemas.atomic import output_error
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.schemas.frame_table import FRAMES_FILE, IDLE_FILE, FrameTableHeader, write_frames, write_idle

if TYPE_CHECKING:
    import pyarrow as pa

_STAGED = ".{}.staged"


def stage_frames(out: Path, stream: str, table: pa.Table, header: FrameTableHeader) -> Artifact:
    """Write a stream's table of frames under its other name.

    Raises:
        OutputError: no space or no permission.
    """
    write_frames(staged(out / stream / FRAMES_FILE), table, header)
    return artifact_of(out, PurePosixPath(stream, FRAMES_FILE))


def stage_idle(out: Path, stream: str, table: pa.Table) -> Artifact:
    """Write a stream's idle intervals under their other name.

    Raises:
        OutputError: no space or no permission.
    """
    write_idle(staged(out / stream / IDLE_FILE), table)
    return artifact_of(out, PurePosixPath(stream, IDLE_FILE))


def artifact_of(out: Path, path: PurePosixPath) -> Artifact:
    """The file that waits under its other name to take the place ``path``, relative to the run's folder."""
    waiting = staged(out / path)
    return Artifact(path.as_posix(), file_sha256(waiting), waiting.stat().st_size)


def publish(out: Path, artifact: Artifact) -> None:
    """Let a file that the ledger knows take its place; done again after a kill it goes on.

    Raises:
        OutputError: no permission.
    """
    target = out / artifact.path
    try:
        staged(target).replace(target)
    except FileNotFoundError:  # it is in its place
        return
    except OSError as error:
        raise output_error(f"the file cannot take its name: {error.strerror}", error, str(target)) from error


def is_undamaged(out: Path, artifact: Artifact) -> bool:
    """Whether a file is there and what the ledger says."""
    try:
        return file_sha256(out / artifact.path) == artifact.sha256
    except OSError:
        return False


def finish_publishing(out: Path, artifact: Artifact) -> None:
    """Take the last step of a run that was killed between the ledger and the file's place, and no other.

    Raises:
        OutputError: no permission.
    """
    waiting = staged(out / artifact.path)
    try:
        is_it = file_sha256(waiting) == artifact.sha256
    except OSError:
        return
    if is_it:
        publish(out, artifact)
    else:
        waiting.unlink(missing_ok=True)


def staged(path: Path) -> Path:
    """The other name of a file."""
    return path.with_name(_STAGED.format(path.name))
