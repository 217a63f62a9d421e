"""The command line: one file per command group, thin."""

from __future__ import annotations

from neuropose_ray.cli.main import main

__all__ = ["main"]
