"""Every format by its name: a file where it belongs, the person asked for, and notes of what a reader loses."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from formats.people import nobody, squatting
from support.phantom_results import seconds, truth_table, write_results
from support.phantom_results import squatting as squatting_scene

from neuropose_ray.analysis import angle_columns, motion_series
from neuropose_ray.errors import InputError
from neuropose_ray.formats.kinds import ExportFormat, PosesKind
from neuropose_ray.formats.trc_reader import read_trc
from neuropose_ray.formats.writing import write_export
from neuropose_ray.schemas.json_files import load_video_predictions
from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions

ONE_PERSON = [ExportFormat.TRC, ExportFormat.TRC_PX, ExportFormat.C3D, ExportFormat.MOT, ExportFormat.BVH]
OF_ALL = [kind for kind in ExportFormat if kind not in (*ONE_PERSON, ExportFormat.STO)]


def stored(folder: Path, people=None) -> Path:
    table, header = people or squatting(frames=8, persons=2)
    path = folder / "squat" / "predictions.parquet"
    write_predictions(path, table, header)
    return path


def write(kind: ExportFormat, source: Path, **options) -> tuple[Path, list[str]]:
    notes: list[str] = []
    target = source.with_name(f"{source.stem}{kind.ending}" if kind.ending != ".parquet" else "copy.parquet")
    of_whom = {name: str(value) if name == "poses" else value for name, value in options.items()}
    series = partial(motion_series, source, **of_whom)
    write_export(kind, source, target, angles=angle_columns, series=series, note=notes.append, **options)
    return target, notes


@pytest.mark.parametrize("kind", list(ExportFormat))
def test_every_format_is_written_where_it_was_asked_for_and_nowhere_else(tmp_path: Path, kind: ExportFormat):
    source = stored(tmp_path)
    target, _ = write(kind, source)
    files = [target] if target.is_file() else list(target.iterdir())
    assert files
    assert all(path.stat().st_size for path in files)
    assert {path.name for path in source.parent.iterdir()} == {source.name, target.name}


@pytest.mark.parametrize("kind", ONE_PERSON)
def test_a_format_of_one_person_says_whom_it_took_and_how_to_choose_another(tmp_path: Path, kind: ExportFormat):
    source = stored(tmp_path)
    _, notes = write(kind, source)
    assert any("the track seen in most frames of 0, 1; --track chooses another" in note for note in notes)
    _, notes = write(kind, source, track=1)
    assert not any("--track" in note for note in notes)


@pytest.mark.parametrize("kind", OF_ALL)
def test_a_format_of_all_people_needs_no_choice(tmp_path: Path, kind: ExportFormat):
    _, notes = write(kind, stored(tmp_path))
    assert not any("--track" in note for note in notes)


def test_the_chosen_person_is_written(tmp_path: Path):
    table, _ = people = squatting(frames=8, persons=2)
    source = stored(tmp_path, people)
    for track in (0, 1):
        target, _ = write(ExportFormat.PARQUET, source, track=track)
        written, _ = read_predictions(target)
        np.testing.assert_array_equal(written.poses.poses3d, table.poses.poses3d[table.track_ids == track])


def test_fitted_poses_are_written_unless_those_of_the_model_are_asked_for(tmp_path: Path):
    table, header = squatting(frames=8)
    source = stored(tmp_path, (table.with_fitted(table.poses.poses3d + 100), header))
    fitted, model = (
        read_trc(write(ExportFormat.TRC, source, poses=poses)[0]).positions
        for poses in (PosesKind.FITTED, PosesKind.MODEL)
    )
    # Camera axes to y up: x stays, z changes its sign; in height both stand on the floor.
    np.testing.assert_allclose(fitted - model, np.broadcast_to([100.0, 0, -100], fitted.shape), atol=0.01)


def test_json_reads_back_as_the_same_poses(tmp_path: Path):
    table, _ = people = squatting(frames=8, persons=2)
    target, _ = write(ExportFormat.JSON, stored(tmp_path, people))
    assert len(load_video_predictions(target).frames) == 8
    assert table.frame_count == 8


def test_uneven_and_missing_frames_are_told(tmp_path: Path):
    table, header = squatting(frames=12, missing=(4, 5))
    times = table.timestamps_s.copy()
    times[6:] += 0.02
    _, notes = write(ExportFormat.TRC, stored(tmp_path, (replace(table, timestamps_s=times), header)))
    assert any("12 uneven frames were resampled to" in note and "at 30 per second" in note for note in notes)
    assert any("the person is missing in" in note for note in notes)


@pytest.mark.parametrize("kind", ONE_PERSON)
def test_a_video_without_people_has_no_motion(tmp_path: Path, kind: ExportFormat):
    with pytest.raises(InputError, match="nobody was found"):
        write(kind, stored(tmp_path, nobody()))


def test_a_person_that_there_is_not_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="7"):
        write(ExportFormat.CSV, stored(tmp_path), track=7)


@pytest.mark.parametrize("kind", [ExportFormat.MOT, ExportFormat.STO, ExportFormat.ANGLES_CSV, ExportFormat.XLSX])
def test_what_an_analysis_warns_of_and_which_angles_are_not_reliable_is_noted(tmp_path: Path, kind: ExportFormat):
    folder = write_results(tmp_path / "squat", truth_table(squatting_scene(), seconds(3)))
    _, notes = write(kind, folder / "predictions.parquet")
    for side in ("left", "right"):
        assert any(note.startswith(f"{side} ankle dorsiflexion cannot be relied on") for note in notes)
    assert any("no skeleton of constant bones was fitted" in note for note in notes)
    _, notes = write(ExportFormat.CSV, folder / "predictions.parquet")
    assert notes == []


def test_a_table_of_nobody_says_so(tmp_path: Path):
    _, notes = write(ExportFormat.CSV, stored(tmp_path, nobody()))
    assert notes == ["nobody was found in this video: the file holds no poses"]
