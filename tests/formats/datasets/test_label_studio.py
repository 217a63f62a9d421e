"""Tasks for Label Studio, and corrected labels on their way back."""

import json
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from formats.datasets.labelled import assert_same, frame, person
from formats.datasets.runs import add_video
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import FileFormatError
from neuropose_ray.formats.datasets.kinds import DatasetKind, DatasetSettings
from neuropose_ray.formats.datasets.label_studio import read_label_studio, write_label_studio
from neuropose_ray.formats.datasets.reviewed import import_review
from neuropose_ray.formats.datasets.writing import export_dataset
from neuropose_ray.schemas.labels import LABELS_FILE, read_labels

FRAMES = [frame(0, [person(1), person(2)]), frame(1, []), frame(7, [person(3)])]


def exported(path, change=lambda annotations: annotations):
    """What Label Studio exports when a reviewer accepts the predictions."""
    tasks = json.loads(path.read_text())
    for number, task in enumerate(tasks):
        result = task.pop("predictions")[0]["result"]
        task |= {"id": number, "annotations": change([{"result": result, "updated_at": "2030-01-02"}])}
    (path.parent / "export.json").write_text(json.dumps(tasks))
    return path.parent / "export.json"


def test_accepted_labels_come_back(tmp_path):
    write_label_studio(tmp_path / "tasks.json", FRAMES, "blazepose")
    assert_same(list(read_label_studio(exported(tmp_path / "tasks.json"))), FRAMES)


def test_a_task_is_what_label_studio_asks_for(tmp_path):
    write_label_studio(tmp_path / "tasks.json", FRAMES, "blazepose")
    task = json.loads((tmp_path / "tasks.json").read_text())[0]
    assert task["data"]["image"] == "/data/local-files/?d=images/a/frame_000000.png"
    prediction = task["predictions"][0]
    assert (prediction["model_version"], prediction["score"]) == ("blazepose", 0.6)
    config = ET.parse(tmp_path / "config.xml").getroot()
    names = {element.get("name") for element in config}
    labels = {element.get("value") for element in config.iter("Label")}
    for region in prediction["result"]:
        assert {region["from_name"], region["to_name"]} <= names
        assert set(region["value"][region["type"]]) <= labels
        assert 0 <= region["value"]["x"] <= 100


def test_the_latest_annotation_counts_and_pictures_without_one_stay_out(tmp_path):
    write_label_studio(tmp_path / "tasks.json", FRAMES[:1], "m")
    older = {"result": [], "updated_at": "2029"}
    cancelled = {"result": [], "updated_at": "2031", "was_cancelled": True}
    file = exported(tmp_path / "tasks.json", lambda done: [older, *done, cancelled])
    assert_same(list(read_label_studio(file)), FRAMES[:1])
    assert list(read_label_studio(exported(tmp_path / "tasks.json", lambda done: [cancelled]))) == []


def test_keypoints_that_a_reviewer_drew_belong_to_the_box_around_them(tmp_path):
    write_label_studio(tmp_path / "tasks.json", FRAMES[2:], "m")

    def drawn(done):
        for region in done[0]["result"]:
            region.pop("parentID", None)
        return done

    assert_same(list(read_label_studio(exported(tmp_path / "tasks.json", drawn))), FRAMES[2:])

    def without_box(done):
        return [done[0] | {"result": [region for region in done[0]["result"] if "keypoint" in region["type"]]}]

    (picture,) = read_label_studio(exported(tmp_path / "tasks.json", without_box))
    assert len(picture.persons) == 1


#: What a hostile or a broken export may have in the place of anything.
ODD = [None, "x", "", -1, 0, 1e308, 10**400, float("nan"), float("inf"), [], {}, True, "a/../b", 5]


def mutated(value, places, odd):
    """The value with something else at one of its places, which numbers choose level by level."""
    if not places or not isinstance(value, dict | list) or not value:
        return odd
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = keys[places[0] % len(keys)]
    content = mutated(value[key], places[1:], odd)
    return {**value, key: content} if isinstance(value, dict) else [*value[:key], content, *value[key + 1 :]]


@pytest.fixture(scope="module")
def reviewed_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reviewed")
    add_video(folder / "run", "a", frames=3, persons=2)
    everything = DatasetSettings(excluded=frozenset())
    export_dataset(folder / "run", folder / "queue", DatasetKind.LABEL_STUDIO, everything)
    return folder / "run", exported(folder / "queue" / "tasks.json")


@given(st.lists(st.integers(0, 200), min_size=1, max_size=8), st.sampled_from(ODD))
@settings(max_examples=30)
def test_a_broken_export_is_one_line_or_labels_of_places_in_the_picture(reviewed_run, places, odd):
    run, export = reviewed_run
    broken = export.with_name("broken.json")
    broken.write_text(json.dumps(mutated(json.loads(export.read_text()), places, odd)))
    (run / "a" / LABELS_FILE).unlink(missing_ok=True)
    line = f"{broken}:"
    try:
        import_review(read_label_studio(broken), run)
    except FileFormatError as error:
        line = str(error)
    assert line.startswith(f"{broken}:")
    assert len(line.splitlines()) == 1
    if (run / "a" / LABELS_FILE).exists():
        for labels in read_labels(run / "a" / LABELS_FILE):
            for one in labels.persons:
                assert one.box[0] >= 0
                assert one.box[0] + one.box[2] <= labels.width + 1e-6
                assert all(0 <= x <= labels.width and 0 <= y <= labels.height for x, y, _ in one.keypoints)


def test_a_task_names_its_picture_so_that_any_name_is_served(tmp_path):
    odd = frame(0, []).model_copy(update={"file_name": "a b/50% #1&d=x?+.png"})
    write_label_studio(tmp_path / "tasks.json", [odd], "m")
    (task,) = json.loads((tmp_path / "tasks.json").read_text())
    assert parse_qs(urlsplit(task["data"]["image"]).query)["d"] == [f"images/{odd.file_name}"]


def test_a_rectangle_that_a_reviewer_turned_is_the_box_around_it(tmp_path):
    write_label_studio(tmp_path / "tasks.json", FRAMES[2:], "m")

    def turned(done):
        box = done[0]["result"][0]
        box["value"] |= {"x": 50, "y": 50, "width": 10, "height": 20, "rotation": 90}
        return [{"result": [box]}]

    (picture,) = read_label_studio(exported(tmp_path / "tasks.json", turned))
    # About its left upper corner, clockwise: 64 x 96 px become 96 x 64 to the left of it.
    assert picture.persons[0].box == pytest.approx((320 - 96, 240, 96, 64))
    assert picture.size == (640, 480)


@pytest.mark.parametrize("content", ["{", "{}", "[" * 100_000, '[{"annotations": [{"result": []}]}]', "[3]",
    '[{"data": {"file_name": "a"}, "annotations": [{"result": [{"type": "keypointlabels"}]}]}]',
    '[{"data": {"file_name": "a"}, "annotations": [{"result": [{"type": "keypointlabels", '
    '"value": {"keypointlabels": []}}]}]}]'])  # fmt: skip
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "export.json").write_text(content)
    with pytest.raises(FileFormatError, match=r"export\.json"):
        list(read_label_studio(tmp_path / "export.json"))
