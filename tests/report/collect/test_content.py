import json

import numpy as np
import pytest
from support.phantom_results import (
    RATE,
    filmed_slowly,
    seconds,
    squatting,
    truth_table,
    walking,
    without_rows,
    write_results,
)

from neuropose_ray.analysis.runs.config import InputsConfig
from neuropose_ray.analysis.runs.defaults import default_analysis
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.errors import FileFormatError, InputError
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.scene import Scene
from neuropose_ray.render.sides import Side
from neuropose_ray.report.collect.content import report_content
from neuropose_ray.report.settings import ReportSettings
from neuropose_ray.schemas.fitting import FittingReport, TrackFit
from neuropose_ray.schemas.json_files import save_model
from neuropose_ray.schemas.poses import Poses, PoseTable


@pytest.fixture(scope="module")
def squats(tmp_path_factory):
    """Three squats of 2.5 s."""
    table = truth_table(squatting(), seconds(8))
    return write_results(tmp_path_factory.mktemp("out") / "squats", table, notes=("The header lies.",))


@pytest.fixture(scope="module")
def of_squats(squats):
    return report_content(squats)


@pytest.fixture(scope="module")
def of_walk(tmp_path_factory):
    return report_content(write_results(tmp_path_factory.mktemp("out") / "walk", truth_table(walking(), seconds(6))))


def table_called(content, title):
    return next(table for table in content.main.tables if table.title.startswith(title))


def test_the_head_says_what_and_whom_it_is_about(of_squats):
    facts = {fact.label: fact.value for fact in (*of_squats.facts, *of_squats.main.facts)}
    assert of_squats.title == "squats"
    assert (facts["Video"], facts["Frames"], facts["Frame rate"]) == ("phantom.mp4", "160", "20 per second")
    assert (facts["Person"], facts["Seen in"]) == ("track 0", "100% of the frames")
    assert facts["Movement"] == "knee flexion, 3 repetitions"


def test_repetitions_are_rows_that_lead_to_their_turning_points_and_bands_in_the_charts(of_squats):
    table = table_called(of_squats, "Repetitions of knee flexion")
    assert [row[0] for row in table.rows] == ["1", "2", "3", "mean", "SD"]
    bands = [band for band in of_squats.main.bands if band.kind == "repetition"]
    assert [band.label for band in bands] == ["1", "2", "3"]
    assert table.seek_s == (*(band.peak_s for band in bands), None, None)
    assert table.seek_s[:3] == pytest.approx([1.25, 3.75, 6.25], abs=0.15)
    rom = [column.label for column in table.columns].index("Range of motion")
    assert table.columns[rom].unit == "deg"
    assert table.rows[3][rom].value == pytest.approx(100, abs=4)
    assert table.rows[3][rom].low < 96 < 104 < table.rows[3][rom].high


def test_the_angles_of_what_moved_come_first_with_their_written_definition(of_squats):
    first, second, *_ = of_squats.main.curves
    assert (first.name, first.label, first.unit) == ("knee_flexion", "Knee flexion", "deg")
    assert {first.side, second.side} == {Side.LEFT, Side.RIGHT}
    assert first.definition.startswith("Between the thigh carried on beyond the knee and the shank;")
    assert "Positive: flexion" in first.definition
    np.testing.assert_allclose(first.cleaned, first.raw, atol=6)


def test_cycles_are_the_whole_repetitions_of_both_sides_on_one_axis(of_squats):
    knees = [curve for curve in of_squats.main.cycles if curve.name == "knee_flexion"]
    whole = sum(band.complete for band in of_squats.main.bands)
    assert {curve.side for curve in knees} == {Side.LEFT, Side.RIGHT}
    assert all(curve.values.shape == (whole, 101) for curve in knees)
    assert 100 < np.nanmax(knees[0].values.mean(0)) < 108


def test_a_walk_has_gait_parameters_strides_and_events_that_lead_to_their_times(of_walk):
    parameters = {row[0]: row for row in table_called(of_walk, "Gait parameters").rows}
    unit, stride = parameters["Stride time"][1:3]
    assert (unit, stride.value) == ("s", pytest.approx(1.1, abs=0.03))
    assert stride.low < 1.1 < stride.high
    assert parameters["Cadence"][1] == "steps/min"
    strides = table_called(of_walk, "Strides")
    assert strides.seek_s == tuple(row[1] for row in strides.rows)
    events = table_called(of_walk, "Gait events")
    assert len(events.rows) == len([band for band in of_walk.main.bands if band.kind == "event"])
    assert [row[2] for row in events.rows] == list(events.seek_s)


def test_the_strides_of_each_foot_are_the_cycles_of_its_side(of_walk):
    for side in (Side.LEFT, Side.RIGHT):
        strides = [band for band in of_walk.main.bands if band.kind == "cycle" and band.side is side]
        (knee,) = (curve for curve in of_walk.main.cycles if (curve.name, curve.side) == ("knee_flexion", side))
        assert len(strides) == len(knee.values) > 1


def test_the_words_say_where_the_numbers_come_from_and_what_makes_them_unsure(of_squats):
    provenance = {fact.label: fact.value for fact in of_squats.provenance}
    assert provenance["Pose model"] == "blazepose"
    assert "ab" * 32 in provenance["Weights"]
    assert json.loads(provenance["Settings of the pose model"]) == {"blazepose": {"mirror": False}}
    assert json.loads(provenance["Settings of the report"])["cleaning"]["gaps"]["max_gap_s"] == 0.25
    assert "BlazePose" in of_squats.citation
    assert "neuropose-ray" in of_squats.citation
    assert "The header lies." in of_squats.main.warnings[1:]  # after what concerns every number
    assert any("field of view was assumed" in text for text in of_squats.main.warnings)
    assert any("ankle dorsiflexion cannot be relied on" in text for text in of_squats.main.warnings)
    assert all(text[0].isupper() and text.endswith(".") for text in of_squats.main.warnings)


def test_the_numbers_of_the_tables_are_also_said_in_words(of_squats, of_walk):
    squats, walk = (" ".join(content.people[0].description) for content in (of_squats, of_walk))
    rows = next(table for table in of_squats.people[0].tables if table.title.startswith("Repetitions")).rows
    assert f"{len(rows) - 2} repetitions of knee flexion were found." in squats
    assert "The person walks" in walk
    assert "walking speed" in walk


def test_gaps_and_interpolated_parts_are_told_apart(tmp_path):
    table = truth_table(squatting(), seconds(8))
    holed = without_rows(table, [*range(20, 22), *range(60, 80)])
    content = report_content(write_results(tmp_path / "holed", holed))
    strips = {strip.label: strip.values for strip in content.main.quality.strips}
    assert (strips["Interpolated"][20:22] == 1).all()
    assert (strips["Gaps"][60:80] == 1).all()
    assert strips["Gaps"][20:22].sum() == strips["Interpolated"][60:80].sum() == 0
    assert np.isnan(strips["Confidence"][60:80]).all()
    assert np.flatnonzero(strips["Track changes"]).tolist() == [20, 22, 60, 80]
    assert content.main.quality.summary[0] == "The person is seen in 86% of the frames (138 of 160)."
    knee = next(curve for curve in content.main.curves if curve.name == "knee_flexion")
    assert np.isnan(knee.raw[20:22]).all()
    assert np.isfinite(knee.cleaned[20:22]).all()
    assert np.isnan(knee.cleaned[60:80]).all()


def test_curves_are_at_the_frames_own_times_also_where_these_are_uneven(tmp_path):
    times_s = np.delete(seconds(8, rate=30.0), slice(10, 240, 7))
    content = report_content(write_results(tmp_path / "uneven", truth_table(squatting(), times_s)))
    np.testing.assert_array_equal(content.timestamps_s, times_s)
    knee = next(curve for curve in content.main.curves if curve.name == "knee_flexion")
    assert np.isfinite(knee.cleaned).all()
    np.testing.assert_allclose(knee.cleaned, knee.raw, atol=6)
    assert len([band for band in content.main.bands if band.kind == "repetition"]) == 3


def test_who_is_seen_longest_is_the_main_person_unless_a_track_is_asked_for(tmp_path):
    (one,) = squatting().persons
    (other,) = squatting(bottom_knee_deg=60).persons
    table = truth_table(Scene((one, other), squatting().camera), seconds(8))
    folder = write_results(tmp_path / "two", without_rows(table, range(0, 20, 2)))
    assert [(person.track_id, person.main) for person in report_content(folder).people] == [(1, True), (0, False)]
    main, other = report_content(folder).people
    assert max(np.nanmax(curve.raw) for curve in main.curves if curve.name == "knee_flexion") < 75
    assert max(np.nanmax(curve.raw) for curve in other.curves if curve.name == "knee_flexion") > 90
    assert [table.title for table in other.tables] == [table.title for table in main.tables]
    asked = report_content(folder, track=0)
    assert [(person.track_id, person.main) for person in asked.people] == [(0, True), (1, False)]
    assert any(text.startswith("2 tracks were found") and text.endswith("track 0.") for text in asked.main.warnings)
    with pytest.raises(InputError, match="there is no track 7"):
        report_content(folder, track=7)


def test_a_video_without_people_has_a_report_that_says_so(tmp_path):
    joints = len(PHANTOM_SKELETON)
    content = report_content(write_results(tmp_path / "empty", PoseTable(seconds(1), Poses.empty(joints))))
    assert content.warnings[-1] == "Nobody was found in any frame: look at the video."
    assert content.people == content.tables == ()
    assert content.main is None


@pytest.mark.parametrize(("view_deg", "said"), [(0, "nearly from the front"), (90, "from the side"), (40, None)])
def test_a_view_that_hides_what_is_measured_is_warned_of(tmp_path, view_deg, said):
    table = truth_table(squatting(view_deg=view_deg), seconds(3))
    warnings = report_content(write_results(tmp_path / "view", table)).main.warnings
    views = [text for text in warnings if "camera sees the person" in text]
    assert [said in text for text in views] == ([True] if said else [])


def test_a_fit_that_is_not_believed_or_doubtful_is_warned_of(tmp_path):
    table = truth_table(squatting(), seconds(3))
    fitted = table.with_fitted(table.poses.poses3d)
    flags = (2,) * 30 + (0,) * 30
    for improved, said in ((False, "was not believed"), (True, "In 50% of the frames the fitted skeleton lies off")):
        folder = write_results(tmp_path / str(improved), fitted if improved else table)
        fit = TrackFit(
            track_id=0, improved=improved, frame_index=tuple(range(60)), residual_px=(1.0,) * 60, flags=flags
        )
        save_model(folder / "fitting.json", FittingReport(tracks=(fit,)))
        content = report_content(folder)
        assert any(said in text for text in content.main.warnings)
        strips = {strip.label: strip.values for strip in content.main.quality.strips}
        assert ("Fit doubtful" in strips) == improved
    assert strips["Fit doubtful"].sum() == 30
    (folder / "fitting.json").write_text("{")
    with pytest.raises(FileFormatError, match="not what a fit writes"):
        report_content(folder)


def test_limbs_that_change_their_length_are_seen(tmp_path):
    table = truth_table(squatting(), seconds(3))
    table.poses.poses3d[30] *= 1.2
    strips = {s.label: s.values for s in report_content(write_results(tmp_path / "limbs", table)).main.quality.strips}
    assert strips["Limb lengths"][30] == pytest.approx(0.2, abs=0.01)
    assert np.delete(strips["Limb lengths"], 30).max() < 0.01


def test_two_trials_are_brought_together_in_time_and_space(squats, tmp_path):
    slower = write_results(tmp_path / "slower", truth_table(squatting(period_s=2.7, view_deg=20.0), seconds(8.6)))
    content = report_content(squats, against=slower)
    found = content.comparison
    assert (found.name_a, found.name_b) == ("squats", "slower")
    assert found.deviation_mm.shape == (len(PHANTOM_SKELETON), len(found.path))
    # The same body: what is left is the difference of neighbouring frames and of the picture's slant.
    assert np.nanmedian(found.deviation_mm) < 30
    pairs = found.path
    moved = found.positions_a[pairs[:, 0]] - found.positions_b[pairs[:, 1]]
    np.testing.assert_allclose(np.linalg.norm(moved, axis=-1).T, found.deviation_mm, atol=1e-6)
    assert any(table.title == "Angles of squats against slower" for table in content.tables)


@pytest.mark.parametrize("known", ["to process", "to the report"])
def test_slow_motion_has_the_times_and_speeds_that_an_analysis_has_and_a_video_that_takes_longer(tmp_path, known):
    of_file, asked = (8 * RATE, None) if known == "to process" else (None, 8 * RATE)
    table = filmed_slowly(seconds(8, 8 * RATE))
    folder = write_results(tmp_path / "slow", table, capture_fps=of_file)
    content = report_content(folder, capture_fps=asked)
    assert content.video_seconds == pytest.approx(8)
    np.testing.assert_allclose(content.timestamps_s * 8, table.timestamps_s)
    facts = {fact.label: fact.value for fact in content.facts}
    assert (facts["Frame rate"], facts["Duration"]) == ("160 per second", "7.99 s")
    assert any("stored 8 times slowed down" in text for text in content.main.warnings)
    inputs = InputsConfig(primary=folder)
    analysis = run_analysis(default_analysis(inputs, tmp_path / "a.json", capture_fps=asked)).results.repetitions
    rows = table_called(content, "Repetitions of knee flexion")
    columns = {column.label: place for place, column in enumerate(rows.columns)}
    assert analysis.summary["duration_s"].mean == pytest.approx(2.5, abs=0.1)
    for record, row in zip(analysis.records, rows.rows, strict=False):
        assert (row[columns["Start"]], row[columns["End"]]) == pytest.approx((record.start_s, record.end_s))
        assert row[columns["Peak velocity out"]].value == pytest.approx(record.peak_velocity_out)
    assert [band.peak_s for band in content.main.bands if band.kind == "repetition"] == pytest.approx(
        [record.peak_s for record in analysis.records]
    )


def test_slow_motion_is_compared_at_its_true_tempo(squats, tmp_path):
    slow = write_results(tmp_path / "slow", filmed_slowly(seconds(8, 8 * RATE)), capture_fps=8 * RATE)
    facts = {fact.label: fact.value for fact in report_content(squats, against=slow).comparison.facts}
    assert facts["Tempo"].startswith("1.0")


def test_a_person_is_chosen_by_a_rule_and_nobody_is_left_out_where_all_are_asked_for(tmp_path):
    (one,) = squatting().persons
    table = truth_table(Scene((one,) * 3, squatting().camera), seconds(4))
    table.poses.boxes[table.track_ids == 2, 2:4] *= 2
    folder = write_results(tmp_path / "three", table)
    settings = ReportSettings(max_people=1)
    chosen = report_content(folder, people="largest", settings=settings).people
    assert [(person.track_id, person.main) for person in chosen] == [(2, True)]
    everybody = report_content(folder, people="all", settings=settings).people
    assert [(person.track_id, person.main) for person in everybody] == [(0, True), (1, False), (2, False)]


def test_a_change_within_its_band_is_no_finding_and_one_beyond_it_is(squats, tmp_path):
    alike = write_results(tmp_path / "alike", truth_table(squatting(bottom_knee_deg=102), seconds(8)))
    deeper = write_results(tmp_path / "deeper", truth_table(squatting(bottom_knee_deg=60), seconds(8)))
    for other, finding in ((alike, "no"), (deeper, "yes")):
        changes, angles = report_content(squats, against=other).tables
        assert changes.title == f"What changed from squats to {other.name}"
        rows = {row[0]: row for row in changes.rows}
        change, beyond = rows["range of motion"][-2:]
        assert (change.low > 0 or change.high < 0) == (beyond == "yes")
        assert beyond == finding
        assert rows["duration"][-1] == "no"
        knee = next(row for row in angles.rows if row[0] == "Left knee flexion")
        assert knee[-1] == finding


def test_angles_that_cannot_be_relied_on_are_grey_in_a_comparison(squats, tmp_path):
    slower = write_results(tmp_path / "slower", truth_table(squatting(period_s=2.7), seconds(8.6)))
    angles = report_content(squats, against=slower).tables[-1]
    ankle = next(row for row in angles.rows if row[0] == "Left ankle dorsiflexion")
    assert all("left ankle dorsiflexion cannot be relied on" in cell.unreliable for cell in ankle[1:-1])
    assert ankle[-1] is None
    knee = next(row for row in angles.rows if row[0] == "Left knee flexion")
    assert not any(getattr(cell, "unreliable", "") for cell in knee)


def test_cycles_of_angles_that_cannot_be_relied_on_are_marked_as_their_curves_are(of_squats):
    for name, unsure in (("ankle_dorsiflexion", True), ("knee_flexion", False)):
        for curves in (of_squats.main.curves, of_squats.main.cycles):
            mine = [curve for curve in curves if curve.name == name]
            assert len(mine) == 2
            assert all(("cannot be relied on" in curve.unreliable) == unsure for curve in mine)
