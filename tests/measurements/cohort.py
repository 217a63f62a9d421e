"""A cohort on one process and on one for each core: how much faster, and what of it is reading files.

``python tests/measurements/cohort.py results/squat --trials 48`` takes so many copies of one video's results. It
prints the seconds of their analysis and of all distances between them, here and shared out among processes.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from neuropose_ray.analysis import (
    DistanceMatrixSettings,
    InputsConfig,
    analyse_here,
    analyse_in_processes,
    cohort_tasks,
    default_analysis,
    distance_matrix,
    distances_here,
    distances_in_processes,
    expand_trials,
    load_trial,
)
from neuropose_ray.cli.motions import cleaned_motions
from neuropose_ray.processes import usable_cores


def seconds(work: Callable[[], object]) -> float:
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="the folder of one video")
    parser.add_argument("--trials", type=int, default=48)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="neuropose_ray_cohort_") as name:
        for number in range(options.trials):
            shutil.copytree(options.results, Path(name) / f"trial_{number:04}")
        config = default_analysis(InputsConfig(trials=(name,)), Path(name) / "cohort.json")
        tasks, sources = cohort_tasks(config), expand_trials([name])
        list(analyse_here(tasks[:1]))  # what is loaded once
        reading_s = seconds(lambda: [load_trial(source.path) for source in sources])
        here_s = seconds(lambda: list(analyse_here(tasks)))
        shared_s = seconds(lambda: list(analyse_in_processes(tasks)))
        print(
            f"analysis of {options.trials} trials: {here_s:.1f} s here, of which reading {reading_s / here_s:.1%}; "
            f"{here_s / shared_s:.2f} times as fast on {usable_cores()} cores"
        )
        motions = cleaned_motions(sources)
        settings = DistanceMatrixSettings()
        here_s = seconds(lambda: distance_matrix(motions, settings, distances=distances_here))
        shared_s = seconds(lambda: distance_matrix(motions, settings, distances=distances_in_processes))
        print(f"their distances: {here_s:.1f} s here; {here_s / shared_s:.2f} times as fast on as many cores")


if __name__ == "__main__":
    main()
