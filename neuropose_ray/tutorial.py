"""A tour of the results, to be read and changed: open, look, clean, angles, repetitions, plots, comparison.

Run it on two trials of the same movement, or paste its parts into a notebook::

    python -m neuropose_ray.tutorial results/before results/after --out pictures
"""

# ruff: noqa: T201  (a tutorial prints)

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import neuropose_ray
from neuropose_ray.analysis import (
    Motion,
    clean,
    clinical_angles,
    compare_trials,
    load_motion,
    measure_repetitions,
    repetitions,
)


def tutorial(before: Path, after: Path, out: Path) -> None:
    """Go through two trials, print what is found, and write pictures.

    Args:
        before: a video's results, OUT/NAME.
        after: those of a second video with the same movement.
        out: folder for the pictures.
    """
    out.mkdir(parents=True, exist_ok=True)

    # 1. Open. In a notebook, a line with nothing but `predictions` shows a table of what is in it.
    predictions = neuropose_ray.read(before)
    print(f"{predictions.metadata.filename}: {len(predictions)} frames of {predictions.skeleton.name}")

    # 2. Look. One row per frame, person and joint; camera axes in mm: x right, y down, z forward.
    frame = predictions.to_pandas()
    print(frame.groupby("joint", observed=True)["score"].mean().sort_values().head(3))
    predictions.plot().savefig(out / "trajectories.png")
    predictions.plot(frame=len(predictions) // 2).savefig(out / "skeleton.png")
    # The same person as an array (frames, joints, 3), NaN where missing.
    knee = predictions.to_numpy()[:, predictions.skeleton.index("left_knee")]
    print(f"the left knee is known in {np.isfinite(knee).all(axis=1).mean():.0%} of the frames")

    # 3. Clean. A motion is one person, by default who is seen in most frames. Every step says what it did.
    motion = load_motion(before)
    cleaned = clean(motion)
    for step in cleaned.steps:
        print(f"{step.step}: {step.removed} removed, {step.filled} filled")
    for warning in cleaned.warnings:
        print(f"mind: {warning}")

    # 4. Angles. `ANGLE_DEFINITIONS` in neuropose_ray.analysis says what each one means.
    angles = clinical_angles(cleaned.motion)
    for name in ("right_knee_flexion", "left_knee_flexion", "trunk_forward_lean"):
        print(f"{name}: {np.nanmin(angles.angle(name)):.0f} to {np.nanmax(angles.angle(name)):.0f} degrees")

    # 5. Repetitions. Nobody has to say which joint moves.
    result = repetitions(cleaned.motion)
    table = measure_repetitions(cleaned.motion, result)
    for number, (repetition, measures) in enumerate(zip(table.repetitions, table.measures, strict=True), 1):
        print(
            f"{table.movement} {number}: at {repetition.peak_s:.2f} s, {measures.duration_s:.2f} s long, "
            f"range {measures.range_of_motion:.0f} {table.unit}"
        )

    # 6. Plot what you like; times are seconds of the video.
    _plot_knees(cleaned.motion, out / "knees.png")

    # 7. Compare two trials: laid over each other in time, then angle by angle.
    comparison = compare_trials(cleaned.motion, clean(load_motion(after)).motion)
    print(f"the second trial takes {comparison.tempo.ratio:.2f} times as long")
    for deviation in sorted(comparison.angles, key=lambda angle: -(angle.rmse or 0))[:3]:
        print(f"{deviation.name} differs by {deviation.rmse:.1f} degrees (RMSE)")


def _plot_knees(motion: Motion, file: Path) -> None:
    """Both knees over time, with the repetitions as bands."""
    from matplotlib.figure import Figure

    angles = clinical_angles(motion)
    figure = Figure(figsize=(9, 3), layout="constrained")
    axes = figure.add_subplot(xlabel="time (s)", ylabel="knee flexion (°)")
    for side in ("left", "right"):
        axes.plot(angles.timestamps_s, angles.angle(f"{side}_knee_flexion"), label=side)
    for repetition in repetitions(motion).records:
        axes.axvspan(repetition.start_s, repetition.end_s, alpha=0.15)
    axes.legend()
    figure.savefig(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=tutorial.__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    tutorial(**vars(parser.parse_args()))
