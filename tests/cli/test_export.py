import csv
import json
from dataclasses import replace

import bvhio
import ezc3d
import numpy as np
import pandas as pd
import pytest
import typer
from formats.people import nobody, squatting
from formats.test_motion_file import parsed
from pycocotools.coco import COCO
from schemas.neuropose_samples import video_version_2
from schemas.pose_tables import assert_tables_equal, header_of, table_of
from support import neuropose_loader
from typer.testing import CliRunner

from neuropose_ray.analysis import motion_series
from neuropose_ray.cli.export import ExportFormat, export
from neuropose_ray.errors import FileFormatError, InputError, OutputError, SettingsError
from neuropose_ray.formats.c3d_reader import read_c3d
from neuropose_ray.formats.imported import poses_of_trajectories
from neuropose_ray.formats.openpose import read_openpose
from neuropose_ray.formats.trc_reader import read_trc
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.json_files import load_job_results, load_video_predictions
from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions

app = typer.Typer()
app.command()(export)
TABLE = table_of(frames=4, persons_per_frame=2)
PEOPLE, PEOPLES_HEADER = squatting(frames=6, persons=2)
ONE_PERSON = (
    "trc", "trc-px", "c3d", "mot", "sto", "bvh", "angles-csv", "velocities-csv", "body-csv", "events-csv",
    "xlsx",
)  # fmt: skip
FEET = [PHANTOM_SKELETON.index(f"{side}_{part}") for side in ("left", "right") for part in ("heel", "toe")]


def floor_of(track):
    """By how much a person of :data:`PEOPLE` is lifted for the floor to be at y = 0."""
    feet = PEOPLE.poses.poses3d[PEOPLE.track_ids == track][:, FEET, 1]
    return [0, np.median(feet.max(1)), 0]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    write_predictions(tmp_path / "walk" / "predictions.parquet", TABLE, header_of(TABLE))
    return tmp_path / "walk"


@pytest.fixture
def people(tmp_path):
    write_predictions(tmp_path / "squat" / "predictions.parquet", PEOPLE, PEOPLES_HEADER)
    return tmp_path / "squat"


def exported(folder, export_format, *arguments):
    """The file that the command says it wrote."""
    result = run(folder, "--format", export_format, *arguments)
    assert result.exit_code == 0, result.exception
    return folder / result.stdout.strip().rpartition("/")[2], result.stderr


def test_csv_is_written_beside_the_predictions_and_its_path_printed(folder):
    result = run(folder)
    assert (result.exit_code, result.stdout) == (0, f"{folder / 'predictions.csv'}\n")
    with (folder / "predictions.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 4 * 2 * 3


def test_json_is_what_the_program_itself_reads(folder, tmp_path):
    assert (
        run(folder / "predictions.parquet", "--format", "json", "--out", tmp_path / "new" / "a.json").exit_code == 0
    )
    assert_tables_equal(load_video_predictions(tmp_path / "new" / "a.json").to_table(), TABLE)


def test_every_format_is_read_by_a_reader_of_its_own(people):
    """One look at each; what the numbers are is tested where they are written."""
    knee = PHANTOM_SKELETON.index("left_knee")
    path, _ = exported(people, "csv-wide")
    assert len(pd.read_csv(path)["left_knee_z_mm"]) == 12
    path, _ = exported(people, "neuropose")
    assert len(load_video_predictions(path)) == 6
    path, _ = exported(people, "neuropose-job")
    assert len(load_job_results(path)["squat.mp4"]) == 6
    path, _ = exported(people, "npz")
    np.testing.assert_array_equal(np.load(path)["poses3d"], PEOPLE.poses.poses3d)
    path, notes = exported(people, "trc")
    first = PEOPLE.poses.poses3d[PEOPLE.track_ids == 0][:, knee] * [1, -1, -1]
    up = floor_of(0)
    np.testing.assert_allclose(read_trc(path).positions[:, knee], first + up, atol=1e-3)
    assert notes.startswith(
        "note: the format holds one person: the track seen in most frames of 0, 1; --track chooses another\n"
    )
    path, _ = exported(people, "trc-px")
    assert (path.name, read_trc(path).units) == ("predictions_px.trc", "px")
    path, _ = exported(people, "c3d")
    np.testing.assert_allclose(ezc3d.c3d(str(path))["data"]["points"][:3, knee].T, first + up, rtol=1e-5)
    path, _ = exported(people, "angles-csv")
    assert len(pd.read_csv(path)["left_knee_flexion_deg"]) == 6
    path, _ = exported(people, "velocities-csv")
    assert len(pd.read_csv(path)["left_knee_flexion_deg_per_s"]) == 6
    path, _ = exported(people, "events-csv")
    assert list(pd.read_csv(path)) == ["time_s", "event", "side", "number"]
    path, _ = exported(people, "xlsx")
    assert list(pd.read_excel(path, sheet_name=None)) == ["angles", "velocities", "body", "events", "about"]
    path, _ = exported(people, "body-csv")
    table = pd.read_csv(path)
    assert {"time_s", "centre_height_m", "kinetic_energy_j_per_kg"} <= set(table)
    assert len(table) == 6
    path, _ = exported(people, "bvh")
    assert (bvhio.readAsBvh(str(path)).FrameCount, bvhio.readAsBvh(str(path)).Root.Name) == (6, "hips")
    for name in ("coco", "coco-wholebody"):
        path, _ = exported(people, name)
        assert len(COCO(str(path)).getAnnIds()) == 12
    path, _ = exported(people, "mmpose")
    assert len(json.loads(path.read_text())["instance_info"]) == 6
    path, _ = exported(people, "openpose")
    assert len(read_openpose(path, fps=30).poses) == 12


def test_angles_are_degrees_under_the_names_of_opensim_where_it_has_them(people):
    for name in ("mot", "sto"):
        path, _ = exported(people, name)
        _, header, columns = parsed(path.read_text())
        assert (path.suffix, header["inDegrees"], header["nRows"]) == (f".{name}", "yes", "6")
        assert {"time", "knee_angle_l", "hip_flexion_r", "hip_adduction_l", "trunk_forward_lean"} <= set(columns)
        assert "left_knee_flexion" not in columns
        # The phantom's squat begins with its knees bent by 5 degrees.
        np.testing.assert_allclose(columns["knee_angle_l"][0], 5, atol=0.1)


def test_one_person_alone_in_a_file_of_its_own(folder):
    flag = "--track"
    assert run(folder, "--format", "json", flag, 1).exit_code == 0
    read = load_video_predictions(folder / "predictions_track1.json").to_table()
    assert_tables_equal(read, TABLE.take(TABLE.rows_of_track(1)))
    assert run(folder, "--format", "parquet", flag, 0).exit_code == 0
    read, _ = read_predictions(folder / "predictions_track0.parquet")
    assert_tables_equal(read, TABLE.take(TABLE.rows_of_track(0)))
    result = run(folder, flag, 5)
    assert isinstance(result.exception, InputError)
    assert str(result.exception).endswith("predictions.parquet: there is no track 5; there are: 0, 1")


def test_the_chosen_person_is_the_one_in_the_motion(people):
    path, notes = exported(people, "trc", "--track", 1)
    second = PEOPLE.poses.poses3d[PEOPLE.track_ids == 1]
    np.testing.assert_allclose(read_trc(path).positions, second * [1, -1, -1] + floor_of(1), atol=1e-3)
    assert "one person" not in notes


def test_fitted_poses_are_taken_unless_the_models_are_wanted(people):
    fitted = PEOPLE.with_fitted(PEOPLE.poses.poses3d + 100)
    write_predictions(people / "predictions.parquet", fitted, PEOPLES_HEADER)
    model, _ = exported(people, "trc", "--poses", "model", "--out", people / "model.trc")
    best, _ = exported(people, "trc")
    difference = read_trc(best).positions - read_trc(model).positions
    # The floor goes with the feet.
    np.testing.assert_allclose(difference, np.tile([100, 0, -100], (6, 21, 1)), atol=1e-3)
    assert "poses3d_fitted" not in np.load(exported(people, "npz", "--poses", "model")[0])


def test_what_the_file_could_not_take_over_is_told(people):
    kept = ~((PEOPLE.poses.frame == 3) & (PEOPLE.track_ids == 0))
    table = replace(PEOPLE, poses=PEOPLE.poses.take(kept), track_ids=PEOPLE.track_ids[kept])
    write_predictions(people / "predictions.parquet", table, PEOPLES_HEADER)
    _, notes = exported(people, "bvh", "--track", 0)
    assert "the person is missing in 1 of 6 frames" in notes
    assert "1 frames repeat the pose before them" in notes
    times = np.array([0, 1, 2, 4, 5, 6]) / 30
    write_predictions(people / "predictions.parquet", replace(PEOPLE, timestamps_s=times), PEOPLES_HEADER)
    path, notes = exported(people, "trc")
    assert "note: 6 uneven frames were resampled to 7 at 30 per second\n" in notes
    assert read_trc(path).rate_hz == 30


@pytest.mark.parametrize("export_format", list(ExportFormat))
def test_nobody_is_a_valid_file_of_nobody_or_one_line_where_the_format_needs_somebody(tmp_path, export_format):
    table, header = nobody()
    write_predictions(tmp_path / "empty" / "predictions.parquet", table, header)
    result = run(tmp_path / "empty", "--format", export_format, "--out", tmp_path / "out")
    if export_format in ONE_PERSON:
        assert isinstance(result.exception, InputError)
        assert "nobody was found" in str(result.exception)
        assert not (tmp_path / "out").exists()
    else:
        assert (result.exit_code, (tmp_path / "out").exists()) == (0, True)


def test_the_predictions_are_never_replaced(folder):
    before = (folder / "predictions.parquet").read_bytes()
    assert isinstance(run(folder, "--out", folder / "predictions.parquet").exception, OutputError)
    assert isinstance(run(folder, "--format", "parquet").exception, OutputError)
    assert (folder / "predictions.parquet").read_bytes() == before


def test_a_file_of_another_kind_is_a_typed_error(folder):
    (folder / "notes.txt").write_text("hello")
    assert isinstance(run(folder / "notes.txt").exception, FileFormatError)


def test_an_unknown_format_is_wrong_use_and_the_known_ones_are_named(folder):
    result = run(folder, "--format", "docx")
    assert result.exit_code == 2
    assert all(name in result.output for name in ("csv-wide", "c3d", "openpose"))


def test_files_say_what_the_analysis_warns_of(people):
    header = PEOPLES_HEADER.model_copy(update={"camera": Camera.from_field_of_view(640, 480, 67.0, source="assumed")})
    write_predictions(people / "predictions.parquet", PEOPLE, header)
    for name in ("mot", "trc", "angles-csv", "xlsx"):
        _, notes = exported(people, name)
        assert "note: the camera's field of view was assumed (67 degrees)" in notes
    _, notes = exported(people, "csv")
    assert notes == ""


def test_the_walk_in_a_c3d_has_its_events_where_the_force_plates_have_them(test_data, tmp_path):
    points = read_trc(test_data / "gait" / "motion_capture_walk.trc")
    table, header = poses_of_trajectories(points, up="y", name="walk.trc")
    write_predictions(tmp_path / "walk" / "predictions.parquet", table, header)
    path, _ = exported(tmp_path / "walk", "c3d")
    document = ezc3d.c3d(str(path))
    event = {name: entry["value"] for name, entry in document["parameters"]["EVENT"].items() if "value" in entry}
    series = motion_series(tmp_path / "walk" / "predictions.parquet")
    steps = [each for each in series.events if each.name in ("heel strike", "toe-off")]
    assert event["USED"].tolist() == [len(steps)] == [8]
    np.testing.assert_allclose(event["TIMES"][0] * 60 + event["TIMES"][1], [each.time_s for each in steps], atol=1e-5)
    assert event["CONTEXTS"] == [each.side.capitalize() for each in steps]
    assert set(event["LABELS"]) == {"Foot Strike", "Foot Off"}
    feet = [name for name in document["parameters"]["POINT"]["LABELS"]["value"] if "Heel" in name or "Toe" in name]
    assert feet
    lowest = read_c3d(path).positions[..., 1]
    assert abs(np.nanmedian(np.nanmin(lowest, axis=1))) < 40


def test_help_states_the_axes():
    text = " ".join(run("--help").output.split())
    assert "x right, y up, z towards the camera" in text
    assert "x, -y, -z of the camera axes" in text


@pytest.mark.parametrize("export_format", ["csv", "openpose"])
def test_a_second_video_takes_the_file_of_the_first_only_when_that_is_wanted(folder, people, tmp_path, export_format):
    out = tmp_path / "exported"
    assert run(people, "--format", export_format, "--out", out).exit_code == 0
    first = {file.name: file.read_bytes() for file in [out, *out.glob("*")] if file.is_file()}
    refused = run(folder, "--format", export_format, "--out", out)
    assert isinstance(refused.exception, OutputError)
    assert "there is something already; give --overwrite" in str(refused.exception)
    assert {file.name: file.read_bytes() for file in [out, *out.glob("*")] if file.is_file()} == first
    assert run(folder, "--format", export_format, "--out", out, "--overwrite").exit_code == 0
    assert {file.name: file.read_bytes() for file in [out, *out.glob("*")] if file.is_file()} != first


def test_angles_with_a_long_gap_are_several_files_that_opensim_reads_to_the_end(tmp_path):
    table, header = squatting(frames=60, missing=[0, 1, 10, *range(25, 45), 58, 59])
    write_predictions(tmp_path / "squat" / "predictions.parquet", table, header)
    result = run(tmp_path / "squat", "--format", "mot")
    assert result.exit_code == 0
    parts = [parsed((tmp_path / "squat" / f"predictions_{number}.mot").read_text())[2] for number in (1, 2)]
    assert [len(part["time"]) for part in parts] == [23, 13]
    assert all(np.isfinite(values).all() for part in parts for values in part.values())
    assert "note: 4 rows before the first and after the last known one are left out\n" in result.stderr
    assert "note: gaps of up to 0.25 s in 1 rows are filled by straight lines\n" in result.stderr
    assert "note: 20 rows in longer gaps are left out\n" in result.stderr
    assert "2 files, one for each stretch between the gaps: predictions_1.mot to predictions_2.mot" in result.stderr
    assert not (tmp_path / "squat" / "predictions.mot").exists()


def test_a_person_is_chosen_by_a_rule(people):
    table, header = read_predictions(people / "predictions.parquet")
    table.poses.boxes[table.track_ids == 1, 2:4] *= 2
    write_predictions(people / "predictions.parquet", table, header)
    path, _ = exported(people, "angles-csv", "--person", "largest")
    assert path.name == "predictions_track1_angles.csv"
    assert isinstance(run(people, "--person", "largest", "--track", 0).exception, SettingsError)


def test_formats_of_one_person_write_a_file_for_each_of_all_and_tables_hold_all_in_one(people, tmp_path):
    done = run(people, "--format", "trc", "--person", "all")
    assert done.exit_code == 0, done.output
    assert done.stdout.split() == [str(people / f"predictions_track{track}.trc") for track in (0, 1)]
    assert run(people, "--format", "csv", "--person", "all").stdout.split() == [str(people / "predictions.csv")]
    several = run(people, "--format", "trc", "--person", "all", "--out", tmp_path / "a.trc")
    assert "2 files are to be written" in str(several.exception)


@pytest.mark.parametrize("known", ["to process", "to export"])
def test_slow_motion_has_the_times_of_what_was_filmed_in_motion_and_those_of_the_file_in_tables(people, known):
    table, header = read_predictions(people / "predictions.parquet")
    options = ("--capture-fps", 240)
    if known == "to process":
        options, metadata = (), header.metadata.model_copy(update={"capture_fps": 240.0})
        header = header.model_copy(update={"metadata": metadata})
    write_predictions(people / "predictions.parquet", table, header)
    path, _ = exported(people, "trc", *options)
    assert read_trc(path).rate_hz == pytest.approx(240)
    path, notes = exported(people, "angles-csv", *options)
    times = pd.read_csv(path)["time_s"]
    np.testing.assert_allclose(np.diff(times), 1 / 240, rtol=1e-6)
    assert "stored 8 times slowed down: times and speeds are those of what was filmed" in notes
    path, notes = exported(people, "csv", *options)
    assert pd.read_csv(path)["timestamp_s"].max() == pytest.approx(table.timestamps_s[-1])
    assert "stored 8 times slowed down: the times in this file are those of the clip" in notes


def test_a_video_of_a_jobs_results_is_chosen_by_its_name(tmp_path):
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"a.mp4": video_version_2(), "b.mp4": video_version_2()}))
    chosen = run(results, "--format", "neuropose", "--video", "b.mp4")
    assert (chosen.exit_code, chosen.stdout) == (0, f"{tmp_path / 'results_b.mp4_neuropose.json'}\n")
    video = neuropose_loader.load_video_predictions(tmp_path / "results_b.mp4_neuropose.json")
    assert (len(video.frames), list(video.segmentations)) == (3, ["right_heel_strikes"])
    job = run(results, "--format", "neuropose-job", "--video", "b.mp4", "--out", tmp_path / "job.json")
    assert job.exit_code == 0, job.output
    assert list(neuropose_loader.load_job_results(tmp_path / "job.json")) == ["b.mp4"]
    with pytest.raises(InputError, match=r"holds 2 videos.*a\.mp4, b\.mp4"):
        raise run(results, "--format", "csv").exception


def test_segments_that_neuropose_does_not_know_are_left_out_and_named(people):
    segmentation = video_version_2()["segmentations"]["right_heel_strikes"]
    other = segmentation | {"config": segmentation["config"] | {"method": "prominent_valleys_v3"}}
    (people / "segmentations.json").write_text(json.dumps({"its": segmentation, "ours": other}))
    path, notes = exported(people, "neuropose")
    assert list(neuropose_loader.load_video_predictions(path).segmentations) == ["its"]
    assert "ours" in notes
