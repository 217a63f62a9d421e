"""The whole training: networks of several seeds, their weights in one file, and the figures for the card."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from neuropose_ray.errors import OutputError
from neuropose_ray.lifting.training.learning import TrainingSettings, Validation, train
from neuropose_ray.lifting.training.motion_capture import load_motion_capture, split
from neuropose_ray.lifting.weights import WEIGHTS_FILE, packed
from neuropose_ray.schemas.atomic import atomic_write_bytes

FIGURES_FILE = "figures.json"


def train_prior(data: Path, out: Path, seeds: Sequence[int], steps: int | None, *, on_ray: bool) -> str:
    """Train a network for each seed and write the weights and figures; a sentence that says where they are.

    Raises:
        InputNotFoundError: there is no motion capture.
        FileFormatError: it cannot be read.
        OutputError: the folder cannot be written.
    """
    settings = [replace(TrainingSettings(seed=seed), **({} if steps is None else {"steps": steps})) for seed in seeds]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(error.strerror or str(error), where=str(out), hint="give another folder") from error
    arguments = [(data, out, each) for each in settings]
    trained = _on_ray(arguments) if on_ray else [train_network(*each) for each in arguments]
    networks = {seed: arrays for seed, (arrays, _) in zip(seeds, trained, strict=True)}
    weights = packed(networks)
    digest = hashlib.sha256(weights).hexdigest()
    figures = {
        "sha256": digest,
        "settings": [asdict(each) for each in settings],
        "held_out": {seed: asdict(found) for seed, (_, found) in zip(seeds, trained, strict=True)},
    }
    atomic_write_bytes(out / WEIGHTS_FILE, weights)
    atomic_write_bytes(out / FIGURES_FILE, json.dumps(figures, indent=2).encode())
    return (
        f"{out / WEIGHTS_FILE}: {len(weights) / 1e6:.1f} MB, SHA-256 {digest}; figures in {out / FIGURES_FILE}. "
        "To ship them, put the file into lifting/assets, its digest and the next number into lifting/weights.py, and "
        "the figures into the card"
    )


def train_network(
    data: Path, out: Path, settings: TrainingSettings
) -> tuple[dict[str, np.ndarray[Any, np.dtype[np.float32]]], Validation]:
    """Train one network with one thread, so that the sums and with them the weights are the same every time."""
    import torch

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    learnt, held_out = split(load_motion_capture(data))
    checkpoint = out / f"seed{settings.seed}.checkpoint"
    return train(learnt, held_out, settings, checkpoint, lambda line: _print(f"seed {settings.seed}: {line}"))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _on_ray(arguments: list[tuple[Path, Path, TrainingSettings]]) -> list[Any]:
    import ray

    ray.init(ignore_reinit_error=True, log_to_driver=True)
    task = ray.remote(num_cpus=1, max_retries=3)(train_network)
    return list(ray.get([task.remote(*each) for each in arguments]))
