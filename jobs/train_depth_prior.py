"""Train the depth prior of the sequence fit anew, and write its weights and the figures of its card.

Needs `pip install "neuropose-ray[train]"`. The data are motion capture: a folder of BVH files, or an .npz archive of
(frames, 16, 3) metres at 60 frames a second. The seeds are trained one after the other, on a Ray cluster at the same
time. A training that was killed goes on when the same command is typed again. The same data, steps, seeds, versions
and kind of processor give the same weights.

Example:
    python jobs/train_depth_prior.py --data cmu_16_joints_60fps.npz --out trained --seeds 0,1,2
    ray job submit --working-dir . -- python jobs/train_depth_prior.py --data /data/bvh --out /data/trained --ray
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from neuropose_ray.errors import NeuroposeRayError


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of BVH files, or an .npz archive")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, weights and figures")
    parser.add_argument("--seeds", default="0,1,2", help="seeds of the networks, separated by commas")
    parser.add_argument("--steps", type=int, help="batches that each network sees; the default is in the card")
    parser.add_argument(
        "--ray", action="store_true", help="one Ray task for each seed, on the cluster of RAY_ADDRESS"
    )
    return parser.parse_args(arguments)


def main() -> None:
    """Train, and say where the result is."""
    given = parsed()
    try:
        from neuropose_ray.lifting.training.job import train_prior
    except ModuleNotFoundError as error:
        sys.exit(f'{error}: training needs the extra [train], pip install "neuropose-ray[train]"')
    try:
        seeds = [int(seed) for seed in given.seeds.split(",")]
        summary = train_prior(given.data, given.out, seeds, given.steps, on_ray=given.ray)
    except (NeuroposeRayError, ValueError) as error:
        sys.exit(str(error))
    sys.stdout.write(summary + "\n")


if __name__ == "__main__":
    main()
