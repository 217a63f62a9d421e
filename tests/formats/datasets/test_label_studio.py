"""Tasks for Label Studio, and corrected labels on their way back."""

import json
from xml.etree import ElementTree as ET

import pytest
from formats.datasets.labelled import assert_same, frame, person

from neuropose_ray.errors import FileFormatError
from neuropose_ray.formats.datasets.label_studio import read_label_studio, write_label_studio

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


@pytest.mark.parametrize("content", ["{", "{}", "[" * 100_000, '[{"annotations": [{"result": []}]}]', "[3]",
    '[{"data": {"file_name": "a"}, "annotations": [{"result": [{"type": "keypointlabels"}]}]}]',
    '[{"data": {"file_name": "a"}, "annotations": [{"result": [{"type": "keypointlabels", '
    '"value": {"keypointlabels": []}}]}]}]'])  # fmt: skip
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "export.json").write_text(content)
    with pytest.raises(FileFormatError, match=r"export\.json"):
        list(read_label_studio(tmp_path / "export.json"))
