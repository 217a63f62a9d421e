"""Angles, velocities and events over time as spreadsheets and statistics programs read them."""

import csv
import math

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemas.pose_tables import properties

from neuropose_ray.errors import InputError, OutputError
from neuropose_ray.formats.series import (
    write_angles_csv,
    write_body_csv,
    write_events_csv,
    write_velocities_csv,
    write_workbook,
)
from neuropose_ray.schemas.motion_series import MotionEvent, MotionSeries

NUMBERS = st.floats(-1e6, 1e6) | st.just(math.nan)
NAMES = ("left_knee_flexion", "right_knee_flexion")
EVENTS = st.lists(
    st.builds(
        MotionEvent,
        st.floats(0, 100),
        st.sampled_from(["heel strike", "repetition peak"]),
        st.sampled_from(["left", "right", "both", ""]),
        st.none() | st.integers(1, 99),
    ),
    max_size=5,
)


@st.composite
def series(draw):
    frames = draw(st.integers(1, 6))
    columns = [np.array(draw(st.lists(NUMBERS, min_size=frames, max_size=frames))) for _ in range(5)]
    return MotionSeries(
        times_s=np.arange(frames) / 30,
        angles_deg=dict(zip(NAMES, columns[:2], strict=True)),
        velocities_deg_per_s=dict(zip(NAMES, columns[2:4], strict=True)),
        body={"centre_height_m": columns[4]},
        events=tuple(draw(EVENTS)),
        definitions={name: f"of {name}; positive: bent" for name in NAMES},
        unreliable={NAMES[0]: "it is hidden"} if draw(st.booleans()) else {},
        warnings=("=SUM(A1:A9) is no formula here",),
        person="track 0 of 2 (others: 1), seen in 88 %",
    )


def number(cell):
    return math.nan if cell in ("", None) else float(cell)


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def assert_columns(rows, names, times_s, values, rtol=0.0):
    assert list(rows[0]) == ["time_s", *names]
    for name, column in zip(["time_s", *names], [times_s, *values], strict=True):
        np.testing.assert_allclose([number(row[name]) for row in rows], column, rtol=rtol, atol=0)


@given(series())
@settings(properties, max_examples=20)
def test_every_number_comes_back_with_its_unit_and_what_is_not_known_is_empty(tmp_path, series):
    write_angles_csv(tmp_path / "a.csv", series)
    write_velocities_csv(tmp_path / "v.csv", series)
    write_body_csv(tmp_path / "b.csv", series)
    angles, velocities = series.angles_deg.values(), series.velocities_deg_per_s.values()
    assert_columns(read_csv(tmp_path / "a.csv"), [f"{name}_deg" for name in NAMES], series.times_s, angles)
    assert_columns(read_csv(tmp_path / "b.csv"), series.body, series.times_s, series.body.values())
    names = [f"{name}_deg_per_s" for name in NAMES]
    assert_columns(read_csv(tmp_path / "v.csv"), names, series.times_s, velocities)
    write_events_csv(tmp_path / "e.csv", series)
    rows = read_csv(tmp_path / "e.csv")
    assert [(float(row["time_s"]), row["event"], row["side"], row["number"]) for row in rows] == [
        (event.time_s, event.name, event.side, "" if event.number is None else str(event.number))
        for event in series.events
    ]


@given(series())
@settings(properties, max_examples=15)
def test_the_workbook_has_the_same_and_what_a_reader_should_know(tmp_path, series):
    write_workbook(tmp_path / "a.xlsx", series)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["angles", "velocities", "body", "events", "about"]
    for sheet, values, unit in (
        ("angles", series.angles_deg, "deg"), ("velocities", series.velocities_deg_per_s, "deg_per_s"),
    ):  # fmt: skip
        head, *rows = book[sheet].iter_rows(values_only=True)
        rows = [dict(zip(head, row, strict=True)) for row in rows]
        assert_columns(rows, [f"{name}_{unit}" for name in NAMES], series.times_s, values.values(), rtol=1e-15)
    events = list(book["events"].iter_rows(min_row=2, values_only=True))
    assert [(row[1], row[2] or "", row[3]) for row in events] == [
        (event.name, event.side, event.number) for event in series.events
    ]
    assert [row[0] for row in events] == pytest.approx([event.time_s for event in series.events], rel=1e-15)
    about = list(book["about"].iter_rows(values_only=True))
    assert about[:2] == [("person", series.person), ("warning", series.warnings[0])]
    is_doubted = ("not reliable", f"{NAMES[0]}: it is hidden") in about
    assert is_doubted == bool(series.unreliable)
    colours = [cell.font.color and cell.font.color.rgb for cell in book["angles"][2]][1:]
    known = [math.isfinite(column[0]) for column in series.angles_deg.values()]
    assert (colours[0] == "FF999999") == (bool(series.unreliable) and known[0])
    assert colours[1] != "FF999999"


def of_frames(frames):
    values = np.zeros(frames)
    return MotionSeries(values, {"a": values}, {"a": values}, {"b_m": values}, (), {}, {}, (), "track 0")


def test_more_frames_than_a_sheet_has_rows_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"1048576 frames are more than the 1048575 .*; export angles-csv instead"):
        write_workbook(tmp_path / "a.xlsx", of_frames(1_048_576))
    assert not (tmp_path / "a.xlsx").exists()


@pytest.mark.parametrize("write", [write_workbook, write_angles_csv, write_body_csv, write_events_csv])
def test_a_file_that_cannot_be_written_is_one_line_and_an_old_one_stays(tmp_path, write):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("old")
    with pytest.raises(OutputError, match="folder"):
        write(tmp_path / "folder", of_frames(3))
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]
    assert (tmp_path / "folder" / "old").read_text() == "old"
