"""A disk of a few megabytes, which is really full when it is full."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system in memory at a folder; the test is skipped where this user may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk needs the right to mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


class Ballast:
    """A file that takes all the space that is left on a disk, or nearly all."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ballast"

    def fill(self, left_bytes: int = 0) -> None:
        """Leave so much space, and no more."""
        status = os.statvfs(self._path.parent)
        with self._path.open("ab") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, max(1, status.f_bavail * status.f_frsize - left_bytes))
            except OSError:
                while True:  # what cannot be had at once may be had in pieces
                    try:
                        file.write(bytes(4096))
                        file.flush()
                    except OSError:
                        break

    def remove(self) -> None:
        """Give the space back."""
        self._path.unlink(missing_ok=True)
