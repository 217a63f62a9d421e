"""Small networks of chance weights: what holds for them holds for trained ones."""

import numpy as np

from neuropose_ray.lifting.bones import BONES
from neuropose_ray.lifting.features import INPUTS
from neuropose_ray.lifting.network import DILATIONS, Network
from neuropose_ray.lifting.prior import LearntDepthPrior
from neuropose_ray.schemas.depth_prior import ObservedPerson
from neuropose_ray.schemas.skeleton import LANDMARKS


def arrays(seed: int = 0, channels: int = 8) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    shapes = {"first": (channels, INPUTS), "last": (2 * len(BONES) + 2, channels)}
    shapes |= {f"wide{i}": (channels, 3 * channels) for i in range(len(DILATIONS))}
    shapes |= {f"narrow{i}": (channels, channels) for i in range(len(DILATIONS))}
    made = {}
    for name, (outputs, inputs) in shapes.items():
        made[f"{name}.weight"] = random.normal(0, inputs**-0.5, (outputs, inputs)).astype(np.float32)
        made[f"{name}.bias"] = random.normal(0, 0.1, outputs).astype(np.float32)
    return made


def chance_prior(*seeds: int) -> LearntDepthPrior:
    return LearntDepthPrior(tuple(Network.of(arrays(seed)) for seed in seeds or (0,)), "chance")


def person(frames: int = 60, fps: float = 30, seed: int = 0, **changes) -> ObservedPerson:
    """Somebody whose joints wander through the picture."""
    random = np.random.default_rng(seed)
    times = np.arange(frames) / fps
    phases, rates = random.uniform(0, 6, (16, 2)), random.uniform(1, 5, (16, 2))
    directions = 0.2 * np.sin(phases + rates * times[:, None, None]) + random.normal(0, 0.1, (16, 2))
    given = {
        "landmarks": LANDMARKS, "bones": BONES, "times": times, "segments": np.zeros(frames, np.intp),
        "found": np.ones(frames, bool), "directions": directions,
        "confidences": np.full((frames, 16), 0.9), "distance": 4 + 0.2 * np.sin(times),
        "bone_depths": random.normal(0, 0.1, len(BONES)) * np.cos(times)[:, None], "height_m": 1.7,
    }  # fmt: skip
    return ObservedPerson(**{**given, **changes})
