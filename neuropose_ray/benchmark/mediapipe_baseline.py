"""MediaPipe's Python API in a process of another interpreter: its packages do not go together with ours."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from neuropose_ray.benchmark import mediapipe_loop
from neuropose_ray.benchmark.clip import Clip
from neuropose_ray.errors import SettingsError


class MediaPipeBaseline:
    """One process with MediaPipe's pose solution in tracking mode, which waits between measurements.

    Use it as a context manager: the process starts when it is entered and ends when it is left.

    Args:
        python: an interpreter that has mediapipe.
        clip: what it looks at.
    """

    def __init__(self, python: Path, clip: Clip) -> None:
        self._python, self._clip = python, clip

    def __enter__(self) -> MediaPipeBaseline:
        """Start the process and wait until it has processed a first frame.

        Raises:
            SettingsError: there is no such interpreter, or mediapipe does not run in it.
        """
        clip = self._clip
        words = [str(self._python), mediapipe_loop.__file__, str(clip.path)]
        words += [str(number) for number in (clip.frames, clip.height, clip.width)]
        self._complaints = tempfile.TemporaryFile("w+")
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, text=True
            )
        except OSError as error:
            self._complaints.close()
            reason = error.strerror or str(error)
            raise SettingsError(reason, where=str(self._python), hint="check --mediapipe-python") from error
        try:
            self._answer()
        except SettingsError:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process that runs MediaPipe."""
        self._stop()

    def rate(self, frames: int) -> float:
        """Frames per second over the clip's next ``frames`` frames.

        Raises:
            SettingsError: MediaPipe failed.
        """
        assert self._process.stdin is not None  # it was opened as a pipe
        with suppress(BrokenPipeError):  # what a process said that died is read with its missing answer
            self._process.stdin.write(f"{frames}\n")
            self._process.stdin.flush()
        return frames / float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None  # it was opened as a pipe
        if answer := self._process.stdout.readline():
            return answer.strip()
        self._complaints.seek(0)
        lines = self._complaints.read().strip().splitlines() or ["it ended without a word"]
        raise SettingsError(
            f"MediaPipe does not run ({lines[-1]})", where=str(self._python), hint="install mediapipe there"
        )

    def _stop(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._complaints.close()
