"""What the report says of a video's pictures, where they were curated."""

from pathlib import Path

import pyarrow as pa
from support.phantom_results import seconds, squatting, truth_table, write_results

from neuropose_ray.analysis import load_trial
from neuropose_ray.report.collect.pictures import picture_quality
from neuropose_ray.schemas.frame_table import (
    CATALOGUE_COLUMNS,
    DERIVED_COLUMNS,
    FRAMES_FILE,
    FrameTableHeader,
    arrow_schema,
    write_frames,
)
from neuropose_ray.schemas.typed_columns import arrow_column


def write_flags(folder: Path, times_s: list[float], flags: dict[int, list[str]]) -> None:
    columns = {**CATALOGUE_COLUMNS, **DERIVED_COLUMNS}
    values = {name: [None] * len(times_s) for name in columns}
    values |= {"frame_idx": list(range(len(times_s))), "timestamp_s": times_s}
    values["flags"] = [flags.get(row, []) for row in range(len(times_s))]
    arrays = [arrow_column(values[name], column.type) for name, column in columns.items()]
    table = pa.Table.from_arrays(arrays, schema=arrow_schema(columns))
    write_frames(folder / FRAMES_FILE, table, FrameTableHeader(video="squat", metrics={}, columns={}))


def trial_with(tmp_path: Path, flags: dict[int, list[str]] | None):
    times_s = seconds(2.0)
    folder = write_results(tmp_path / "squat", truth_table(squatting(), times_s))
    if flags is not None:
        write_flags(folder if folder.is_dir() else folder.parent, times_s.tolist(), flags)
    return load_trial(tmp_path / "squat")


def test_frames_with_poor_pictures_stand_in_a_strip_and_are_counted(tmp_path: Path):
    strips, sentences = picture_quality(
        trial_with(tmp_path, {3: ["blurred"], 4: ["blurred", "dark"], 9: ["duplicate"]})
    )
    (strip,) = strips
    assert [row for row, value in enumerate(strip.values) if value] == [3, 4]
    assert sentences == ("Of 40 pictures curation found: 2 blurred, 1 dark, 1 duplicate.",)


def test_idle_stretches_have_a_strip_of_their_own(tmp_path: Path):
    strips, _ = picture_quality(trial_with(tmp_path, {row: ["idle"] for row in range(10, 20)}))
    assert [strip.label for strip in strips] == ["Picture doubtful", "Nothing moves"]
    assert strips[1].values.sum() == 10


def test_where_nothing_was_curated_nothing_is_said(tmp_path: Path):
    assert picture_quality(trial_with(tmp_path, None)) == ((), ())
