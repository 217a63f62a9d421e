"""What frames are called where each has a name, as in NeuroPose's files."""

from __future__ import annotations


def frame_name(index: int) -> str:
    """The key of a frame: ``frame_000000`` is the first."""
    return f"frame_{index:06d}"
