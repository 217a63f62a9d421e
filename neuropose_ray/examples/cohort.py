"""Many videos, analysed alike: one table of angles, repetitions and gait, a video in a row.

::

    python -m neuropose_ray.examples.cohort trials/*.mp4 --out results
"""

# ruff: noqa: T201  (an example prints)

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

import neuropose_ray
from neuropose_ray.analysis import (
    InputsConfig,
    analyse_here,
    cohort_tasks,
    default_analysis,
    run_cohort,
    save_cohort,
    write_wide_table,
)


def cohort(videos: Sequence[Path], out: Path) -> None:
    """Find the people in all videos, analyse every video, and print every angle's range of motion.

    Args:
        videos: files, folders, or patterns. One that cannot be read never stops the others.
        out: folder for the results, with ``cohort.json`` and ``cohort.csv``.
    """
    summary = neuropose_ray.process(videos, out)
    print(summary)

    trials = tuple(str(out / video.name) for video in summary.videos if video.state != "failed")
    config = default_analysis(InputsConfig(trials=trials), out / "cohort.json")
    tasks = cohort_tasks(config)
    # On a cluster: `analyse_on_ray`, after `ray.init()`.
    report = run_cohort(config, tasks, analyse_here(tasks))
    save_cohort(out / "cohort.json", report)
    for trial in report.failed:
        print(f"{trial.name}: {trial.error}")

    write_wide_table(out / "cohort.csv", report.trials)
    table = pd.read_csv(out / "cohort.csv", index_col="trial")
    ranges = table.filter(regex="_range_deg$")
    print("range of motion, degrees")
    print(ranges.rename(columns=lambda name: name.removesuffix("_range_deg")).T.round(1).to_string())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=cohort.__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("results"))
    cohort(**vars(parser.parse_args()))
