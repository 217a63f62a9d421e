"""Defaults that the command line shows without loading the settings."""

from __future__ import annotations

REPEATS = 5
WARMUP_FRAMES = 3
