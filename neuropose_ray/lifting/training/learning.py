"""Training of one network with PyTorch, which nothing but this module needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neuropose_ray.lifting.bones import BONES
from neuropose_ray.lifting.features import INPUTS
from neuropose_ray.lifting.network import DILATIONS, LOG_SIGMA_AT_ZERO, LOG_SIGMA_RANGE, MEAN_SCALE_M
from neuropose_ray.lifting.training.motion_capture import MotionCapture
from neuropose_ray.lifting.training.windows import Batch, draw_batch, drawn_ahead

#: The validation windows come from clips and chance that training never sees.
VALIDATION_SEED, VALIDATION_BATCHES = 99, 5
#: Steps over which the rates rise, and the share of steps over which they come down: a training that was stopped on
#: the plateau can go on to any number of steps.
_RISE, _DESCENT = 100, 0.4
_REPORT_EVERY = 400
#: How much finding exchanged sides counts beside the depths.
_EXCHANGE_WEIGHT = 0.3


@dataclass(frozen=True)
class TrainingSettings:
    """What makes one network what it is.

    Attributes:
        seed: of everything that is drawn.
        steps: batches seen.
        batch: windows in a batch.
        channels: width of the network.
        rate: learning rate of AdamW on the plateau.
        weight_decay: of AdamW.
    """

    seed: int = 0
    steps: int = 16000
    batch: int = 32
    channels: int = 160
    rate: float = 2e-3
    weight_decay: float = 0.01


@dataclass(frozen=True)
class Validation:
    """Errors on windows that training never saw, in mm, and how well sigma tells them.

    Attributes:
        error_mm: mean absolute error of a bone's depth.
        by_bone_mm: the same for each bone.
        ratio: mean of ``|error| / sigma``; 1 is right.
        model_error_mm: of the pose model's own depth, as it is made up here.
        likelihood: mean negative log-likelihood of the depths, what is minimised.
    """

    error_mm: float
    by_bone_mm: tuple[float, ...]
    ratio: float
    model_error_mm: float
    likelihood: float


class _Layer(nn.Module):
    """A matrix, batch normalisation, and a rectifier."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = self.linear(x)
        return torch.relu(self.norm(y.flatten(0, 1)).view_as(y))

    def folded(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight ``(outputs, inputs)`` and bias of the same layer without normalisation."""
        with torch.no_grad():
            gain = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
            weight = self.linear.weight * gain[:, None]
            bias = (self.linear.bias - self.norm.running_mean) * gain + self.norm.bias
            return weight.numpy().astype(np.float32), bias.numpy().astype(np.float32)


class TemporalNetwork(nn.Module):
    """The same network as :class:`neuropose_ray.lifting.network.Network`, made to be trained."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _Layer(INPUTS, channels)
        self.wide = nn.ModuleList([_Layer(3 * channels, channels) for _ in DILATIONS])
        self.narrow = nn.ModuleList([_Layer(channels, channels) for _ in DILATIONS])
        self.last = nn.Linear(channels, 2 * len(BONES) + 2)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Depths in metres, the logarithm of their mean absolute error, and the log-odds of exchanged sides."""
        x = self.first(inputs)
        frames = x.shape[1]
        for dilation, wide, narrow in zip(DILATIONS, self.wide, self.narrow, strict=True):
            padded = torch.cat([x[:, :1].expand(-1, dilation, -1), x, x[:, -1:].expand(-1, dilation, -1)], dim=1)
            around = torch.cat([padded[:, shift : shift + frames] for shift in (0, dilation, 2 * dilation)], dim=2)
            x = x + narrow(wide(around))
        mean, spread, exchanged = self.last(x).split([len(BONES), len(BONES), 2], dim=2)
        return mean * MEAN_SCALE_M, torch.clamp(spread + LOG_SIGMA_AT_ZERO, *LOG_SIGMA_RANGE), exchanged

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """What :class:`neuropose_ray.lifting.network.Network` is made of, normalisation folded into the matrices."""
        layers = {"first": self.first}
        layers |= {f"wide{i}": layer for i, layer in enumerate(self.wide)}
        layers |= {f"narrow{i}": layer for i, layer in enumerate(self.narrow)}
        arrays = {f"{name}.{part}": array for name, layer in layers.items()
                  for part, array in zip(("weight", "bias"), layer.folded(), strict=True)}  # fmt: skip
        arrays["last.weight"] = self.last.weight.detach().numpy().copy()
        arrays["last.bias"] = self.last.bias.detach().numpy().copy()
        return arrays


def train(
    capture: MotionCapture,
    held_out: MotionCapture,
    settings: TrainingSettings,
    checkpoint: Path,
    report: Callable[[str], None],
) -> tuple[dict[str, NDArray[np.float32]], Validation]:
    """Train one network; the same data, settings, machine and versions give the same network.

    Args:
        capture: what is learnt from.
        held_out: clips that are only looked at.
        settings: of the training.
        checkpoint: where the state is kept, so that a training that was killed goes on when it is started again.
        report: takes a line of progress now and then.
    """
    torch.manual_seed(settings.seed)
    network = TemporalNetwork(settings.channels)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.rate, weight_decay=settings.weight_decay, fused=True
    )
    done = _restored(checkpoint, network, optimizer) if checkpoint.exists() else 0
    unseen = np.random.default_rng(VALIDATION_SEED)
    validation = [draw_batch(unseen, held_out, 64) for _ in range(VALIDATION_BATCHES)]
    report(f"{sum(p.numel() for p in network.parameters()):,} parameters, {asdict(settings)}")
    started, smooth = time.monotonic(), None
    batches = drawn_ahead(capture, settings.batch, settings.seed, range(done, settings.steps))
    for step, batch in enumerate(batches, done):
        optimizer.param_groups[0]["lr"] = settings.rate * _share_of_rate(step, settings.steps)
        optimizer.zero_grad()
        loss = _loss(network, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        smooth = loss.item() if smooth is None else 0.98 * smooth + 0.02 * loss.item()
        if (step + 1) % _REPORT_EVERY == 0:
            _keep(checkpoint, step + 1, network, optimizer)
            found = validate(network, validation)
            report(
                f"step {step + 1}, {(time.monotonic() - started) / 60:.1f} min: loss {smooth:.3f}, held out "
                f"{found.likelihood:.3f}, {found.error_mm:.1f} mm (model {found.model_error_mm:.1f}), "
                f"|error|/sigma {found.ratio:.2f}"
            )
    return network.eval().arrays(), validate(network, validation)


def _keep(path: Path, step: int, network: TemporalNetwork, optimizer: torch.optim.Optimizer) -> None:
    state = {"step": step, "network": network.state_dict(), "optimizer": optimizer.state_dict()}
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def _restored(path: Path, network: TemporalNetwork, optimizer: torch.optim.Optimizer) -> int:
    """Put everything back as it was; the steps that were done."""
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def validate(network: TemporalNetwork, batches: list[Batch]) -> Validation:
    """How good a network is on batches."""
    network.eval()
    errors, ratios, likelihoods, model = [], [], [], []
    with torch.no_grad():
        for batch in batches:
            mean, log_sigma, _ = network(torch.from_numpy(batch.inputs))
            counts = batch.counts > 0
            error = np.abs(mean.numpy() - batch.depths)[counts]
            sigma = np.exp(log_sigma.numpy())[counts]
            errors.append(error)
            ratios.append((error / sigma).mean())
            likelihoods.append((error / sigma + np.log(sigma)).mean())
            model.append(np.abs(batch.model_depths - batch.depths)[counts].mean())
    network.train()
    by_bone = np.concatenate(errors).mean(axis=0) * 1000
    return Validation(
        error_mm=float(by_bone.mean()),
        by_bone_mm=tuple(round(float(value), 1) for value in by_bone),
        ratio=float(np.mean(ratios)),
        model_error_mm=float(np.mean(model) * 1000),
        likelihood=float(np.mean(likelihoods)),
    )


def _loss(network: TemporalNetwork, batch: Batch) -> Tensor:
    """Negative log-likelihood of the depths under Laplace distributions, and cross-entropy of exchanged sides."""
    mean, log_sigma, exchanged = network(torch.from_numpy(batch.inputs))
    error = (mean - torch.from_numpy(batch.depths)).abs()
    counts = torch.from_numpy(batch.counts)[..., None]
    likelihood = ((error * torch.exp(-log_sigma) + log_sigma) * counts).sum() / (counts.sum() * len(BONES))
    exchange = nn.functional.binary_cross_entropy_with_logits(exchanged, torch.from_numpy(batch.exchanged))
    return likelihood + _EXCHANGE_WEIGHT * exchange


def _share_of_rate(step: int, steps: int) -> float:
    """A short rise, a plateau, and a straight descent to nothing over the last part of the steps."""
    return min(1.0, (step + 1) / _RISE, (steps - step) / (_DESCENT * steps))
