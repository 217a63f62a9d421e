"""Where the numbers of a C3D file lie, and how many of its frames are really there (c3d.org, user guide)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import FileFormatError, InputNotFoundError

#: The header counts frames in 16 bits.
MAX_FRAMES = 65535

_BLOCK_BYTES = 512
# Processors: 84 and 85 are little-endian, of which 85 has floats of its own; 86 is big-endian.
_DEC, _BIG_ENDIAN = 85, 86
_WORDS_OF_A_POINT = 4


@dataclass(frozen=True, slots=True)
class C3dLayout:
    """What the first bytes of a file say of the rest.

    Attributes:
        points: in each frame.
        analog: analog numbers in each frame, behind the points.
        header_frames: frames that the header counts, 65535 at most.
        is_float: whether numbers are float32, else int16.
        processor: whose byte order and floats they have.
        data_start: the byte of the first frame.
        size: bytes of the file.
    """

    points: int
    analog: int
    header_frames: int
    is_float: bool
    processor: int
    data_start: int
    size: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return (_WORDS_OF_A_POINT * self.points + self.analog) * (4 if self.is_float else 2)

    @property
    def capacity(self) -> int:
        """Whole frames that fit into the file."""
        return max(0, self.size - self.data_start) // self.frame_bytes

    def true_frames(self, counts: Iterable[int]) -> int:
        """The number of frames of a file whose parts count them differently.

        Args:
            counts: by the parameters and the header, most trusted first; some programs leave one unfilled, and 16
                bits are too few for long recordings.

        Returns:
            The first count that the file's size fits to a block, else the first for which there is room, else the
            frames that there are.
        """
        candidates = [count for count in counts if count > 0]
        data = self.size - self.data_start
        fitting = (n for n in candidates if 0 <= data - n * self.frame_bytes < _BLOCK_BYTES)
        return next(fitting, next((n for n in candidates if n <= self.capacity), self.capacity))

    def read_points(self, path: Path, frames: int, scale: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Read the points directly, of which the library gives 65535 frames at most.

        Args:
            path: the file.
            frames: how many.
            scale: of integers, in the file's unit.

        Returns:
            ``(frames, points, 3)`` in the file's unit, and ``(frames, points)`` whether each one is missing.

        Raises:
            FileFormatError: the numbers are those of a DEC computer.
        """
        if self.processor == _DEC:
            lost = frames - MAX_FRAMES
            raise FileFormatError(f"{lost} frames beyond the {MAX_FRAMES}th cannot be read", where=str(path))
        order = ">" if self.processor == _BIG_ENDIAN else "<"
        dtype, width = np.dtype(f"{order}{'f4' if self.is_float else 'i2'}"), _WORDS_OF_A_POINT * self.points
        numbers = np.fromfile(path, dtype, frames * (width + self.analog), offset=self.data_start)
        words = numbers.reshape(frames, width + self.analog)[:, :width].reshape(frames, self.points, 4)
        positions = words[..., :3].astype(np.float64) * (1.0 if self.is_float else abs(scale))
        # The fourth word holds cameras and residual, and is negative where the point is missing.
        return positions, words[..., 3] < 0


def read_layout(path: Path) -> C3dLayout:
    """Look at a file's header, and refuse what would crash the library, which does not look at its length.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is not C3D, has no points, or is cut off.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_BLOCK_BYTES)
            size = os.fstat(file.fileno()).st_size
            file.seek((head[0] - 1) * _BLOCK_BYTES if head[:1] > b"\0" else 0)
            parameters = file.read(4)
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path)) from error
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(path)) from error
    if len(head) < _BLOCK_BYTES or head[1] != 0x50 or len(parameters) < 4:
        raise FileFormatError("not a C3D file", where=str(path))
    words = np.frombuffer(head, ">u2" if parameters[3] == _BIG_ENDIAN else "<u2")
    points, analog, first, last, data_block = (int(words[index]) for index in (1, 2, 3, 4, 8))
    # The sign of the scale says whether numbers are float32 or int16; it is in the upper word of that float, which
    # little-endian IEEE files have second.
    is_float = bool(words[7 if parameters[3] == 84 else 6] & 0x8000)
    layout = C3dLayout(
        points, analog, max(0, last - first + 1), is_float, parameters[3], (data_block - 1) * _BLOCK_BYTES, size
    )
    if size < (head[0] - 1 + parameters[2]) * _BLOCK_BYTES:
        raise FileFormatError("cut off within its parameters", where=str(path))
    if not points:
        raise FileFormatError(
            "a C3D file without points", where=str(path), hint="it may hold rotations or forces; export the markers"
        )
    # A header that was never filled in leaves whole frames behind; a copy that broke off ends within one.
    if layout.header_frames > layout.capacity and (size - layout.data_start) % layout.frame_bytes:
        raise FileFormatError(
            f"cut off: it holds {layout.capacity} of the {layout.header_frames} frames that its header promises",
            where=str(path), hint="copy it again",
        )  # fmt: skip
    return layout
