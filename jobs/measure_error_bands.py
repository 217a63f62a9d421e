"""Measure the errors of angles, repetitions and gait on recordings with a truth, and write the table of error bands.

    python jobs/measure_error_bands.py clips.csv --source "what was recorded" --out error_table.json

``clips.csv`` has the columns ``results`` (a video's folder of results) and ``reference`` (a phantom's truth file, or
joints of marker mocap), as ``neuropose-ray evaluate --table`` takes it. Videos of a phantom come from
``neuropose-ray phantom``. The printed share says how many true values lie inside of the bands, with each movement
left out of the table that it is judged by.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from neuropose_ray.analysis.uncertainty.error_table import ERROR_TABLE_FILE
from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.evaluate.clips import read_clips
from neuropose_ray.evaluate.error_samples import ErrorSample, clip_samples, share_inside, table_of_errors
from neuropose_ray.schemas.atomic import atomic_write_bytes


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the table, or say in one line why it cannot be made."""
    try:
        _write_table(_parsed(arguments))
    except NeuroposeRayError as error:
        sys.exit(str(error))


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, help="CSV with the columns results and reference")
    parser.add_argument("--source", required=True, help="what the recordings are, for the table")
    parser.add_argument("--out", type=Path, default=Path(ERROR_TABLE_FILE))
    parser.add_argument("--label", default="movement", help="column by which clips are left out in turn")
    return parser.parse_args(arguments)


def _write_table(options: argparse.Namespace) -> None:
    by_label: dict[str, list[ErrorSample]] = {}
    for clip in read_clips(options.clips):
        by_label.setdefault(clip.labels.get(options.label, ""), []).extend(clip_samples(clip))
    all_samples = [sample for samples in by_label.values() for sample in samples]
    table = table_of_errors(all_samples, options.source)
    inside = f"{share_inside(table, all_samples):.1%} inside"
    sys.stdout.write(f"{len(all_samples)} samples of {len(table.errors)} measures; {inside}\n")
    for label in by_label:
        rest = [sample for left_in, samples in by_label.items() if left_in != label for sample in samples]
        share = share_inside(table_of_errors(rest, ""), by_label[label])
        sys.stdout.write(f"{label}: {share:.1%} inside the bands of the others\n")
    atomic_write_bytes(options.out, f"{table.model_dump_json()}\n".encode())
    sys.stdout.write(f"{options.out}\n")


if __name__ == "__main__":
    main()
