"""A list of clips, the scores of each, and their means by labels."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.phantom_results import HEIGHT, WIDTH, seconds, squatting, truth_table, write_results

from neuropose_ray.errors import FileFormatError, InputError, InputNotFoundError
from neuropose_ray.evaluate.clips import (
    Clip,
    ClipErrors,
    ClipScores,
    EvaluationTable,
    read_clips,
    score_clip,
    table_of,
)
from neuropose_ray.phantom.truth import save_truth


def listed(folder, *lines, encoding="utf-8"):
    path = folder / "clips.csv"
    path.write_text("\n".join(lines), encoding=encoding)
    return read_clips(path)


def test_paths_start_at_the_files_folder_and_other_columns_are_labels(tmp_path):
    (clip,) = listed(tmp_path, "results,reference,movement,view", "out/a,a.trc,squat,left")
    assert (clip.results, clip.reference) == (tmp_path / "out" / "a", tmp_path / "a.trc")
    assert dict(clip.labels) == {"movement": "squat", "view": "left"}


def test_absolute_paths_stay(tmp_path):
    (clip,) = listed(tmp_path, "results,reference", "/data/a,/data/a.trc")
    assert (str(clip.results), str(clip.reference)) == ("/data/a", "/data/a.trc")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_files_of_spreadsheets_are_read_with_blanks_after_commas(tmp_path, encoding):
    clips = listed(tmp_path, "results, reference, Übung", "a, b, Kniebeuge", "c, d,", encoding=encoding)
    assert [dict(clip.labels) for clip in clips] == [{"Übung": "Kniebeuge"}, {}]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "lists no clips"),
        (["results,reference"], "lists no clips"),
        (["results,view", "a,left"], "line 2"),
        (["results,reference", "a,b", "c,"], "line 3"),
        (["results,reference", "a,b", "c"], "line 3"),
        (["results,reference", "a,b,too many"], "line 2"),
    ],
)
def test_a_list_that_lacks_something_is_refused_with_its_line(tmp_path, lines, said):
    with pytest.raises(FileFormatError, match=said) as raised:
        listed(tmp_path, *lines)
    assert "clips.csv" in str(raised.value)


def test_no_file_no_text_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputNotFoundError):
        read_clips(tmp_path / "gone.csv")
    (tmp_path / "binary.csv").write_bytes(b"results,reference\n\xff\xfe,\x00")
    for path in (tmp_path / "binary.csv", tmp_path):
        with pytest.raises(FileFormatError, match="cannot be read"):
            read_clips(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A clip whose poses are the truth, 10 mm to the right."""
    folder = tmp_path_factory.mktemp("clips")
    scene, times = squatting(), seconds(1)
    save_truth(folder / "truth.json", scene.truth(times, WIDTH, HEIGHT))
    table = truth_table(scene, times)
    table.poses.poses3d[..., 0] += 10
    write_results(folder / "squat", table)
    return folder


def test_a_clip_is_scored_against_its_reference(folder):
    clip = Clip(results=folder / "squat", reference=folder / "truth.json", labels={"movement": "squat"})
    scores = score_clip(clip)
    assert (scores.frames, scores.fitted, dict(scores.labels)) == (20, None, {"movement": "squat"})
    assert scores.model.pa_mpjpe_mm == pytest.approx(0, abs=0.01)
    assert scores.model.knee_mae_deg == pytest.approx(0, abs=0.01)
    assert (scores.results, scores.reference) == (str(folder / "squat"), str(folder / "truth.json"))


@pytest.mark.parametrize("missing", ["results", "reference"])
def test_a_clip_without_one_of_its_files_is_an_error(folder, missing):
    paths = {"results": folder / "squat", "reference": folder / "truth.json"} | {missing: folder / "gone"}
    with pytest.raises(InputError):
        score_clip(Clip(**paths))


def scored(model_mm, fitted_mm=None, **labels):
    def errors(value):
        return ClipErrors(pa_mpjpe_mm=value, mpjpe_mm=2 * value, knee_mae_deg=value / 10)

    fitted = None if fitted_mm is None else errors(fitted_mm)
    return ClipScores(results="r", reference="t", labels=labels, frames=9, model=errors(model_mm), fitted=fitted)


def test_groups_are_means_over_the_clips_of_each_label_and_over_all_last():
    clips = (
        scored(40, 30, movement="squat", view="left"), scored(60, 40, movement="squat", view="right"),
        scored(80, 50, movement="walk", view="left"),
    )  # fmt: skip
    groups = table_of(clips).groups
    assert [(group.label, group.value, group.clips) for group in groups] == [
        ("movement", "squat", 2), ("movement", "walk", 1), ("view", "left", 2), ("view", "right", 1), ("", "", 3),
    ]  # fmt: skip
    assert [group.model.pa_mpjpe_mm for group in groups] == [50, 80, 60, 60, 60]
    assert [group.fitted.pa_mpjpe_mm for group in groups] == [35, 50, 40, 40, 40]
    assert (groups[0].model.mpjpe_mm, groups[0].model.knee_mae_deg) == (100, 5)


def test_a_clip_without_a_label_is_in_no_group_of_it_but_in_all():
    groups = table_of((scored(40, movement="squat"), scored(60))).groups
    assert [(group.label, group.clips) for group in groups] == [("movement", 1), ("", 2)]


def test_where_one_clip_has_no_fit_its_group_has_none():
    groups = table_of((scored(40, 30, view="left"), scored(60, view="right"))).groups
    assert [group.fitted is None for group in groups] == [False, True, True]


@given(st.lists(st.tuples(st.floats(0, 1e4), st.sampled_from("abc")), min_size=1, max_size=12))
def test_the_mean_over_all_is_that_of_its_groups_by_their_clips(values):
    table = table_of(tuple(scored(value, view=view) for value, view in values))
    *groups, overall = table.groups
    weighted = sum(group.clips * group.model.mpjpe_mm for group in groups) / len(values)
    assert overall.model.mpjpe_mm == pytest.approx(weighted)


def test_what_is_not_known_is_not_hidden_by_what_is():
    table = table_of((scored(40), scored(math.nan)))
    assert math.isnan(table.groups[0].model.pa_mpjpe_mm)
    assert EvaluationTable.model_validate_json(table.model_dump_json()).clips[0] == table.clips[0]


def test_no_clips_have_no_means():
    with pytest.raises(InputError, match="there is no clip"):
        table_of(())
