"""CVAT's XML, with every state of a keypoint, and back."""

import json
import zipfile
from xml.etree import ElementTree as ET

import pytest
from formats.datasets.labelled import assert_same, frame, person
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import FileFormatError, InputError
from neuropose_ray.formats.datasets import cvat
from neuropose_ray.formats.datasets.cvat import read_cvat, write_cvat
from neuropose_ray.formats.keypoints import COCO_KEYPOINTS

FRAMES = [frame(0, [person(1), person(2)]), frame(1, []), frame(7, [person(3)])]


def test_labels_come_back_with_their_visibility(tmp_path):
    write_cvat(tmp_path / "annotations.xml", FRAMES)
    assert_same(list(read_cvat(tmp_path / "annotations.xml")), FRAMES)


def test_the_labels_of_the_task_are_a_skeleton_whose_drawing_has_its_points(tmp_path):
    write_cvat(tmp_path / "annotations.xml", FRAMES)
    skeleton, box = json.loads((tmp_path / "labels.json").read_text())
    drawing = ET.fromstring(f"<svg>{skeleton['svg']}</svg>")
    assert [node.get("data-label-name") for node in drawing.iter("circle")] == list(COCO_KEYPOINTS)
    nodes = {node.get("data-node-id") for node in drawing.iter("circle")}
    assert {line.get(f"data-node-{end}") for line in drawing.iter("line") for end in ("from", "to")} == nodes
    assert [label["name"] for label in skeleton["sublabels"]] == list(COCO_KEYPOINTS)
    assert box["name"] == "person_box"


def test_a_skeleton_that_a_reviewer_drew_has_the_box_around_it(tmp_path):
    write_cvat(tmp_path / "annotations.xml", FRAMES[2:])
    tree = ET.parse(tmp_path / "annotations.xml")
    for image in tree.iter("image"):
        image.remove(image.find("box"))
    tree.write(tmp_path / "drawn.xml")
    (picture,) = read_cvat(tmp_path / "drawn.xml")
    left, top, width, height = picture.persons[0].box
    assert all(left <= x <= left + width + 1e-9 for x, _, _ in picture.persons[0].points.values())
    assert all(top <= y <= top + height + 1e-9 for _, y, _ in picture.persons[0].points.values())


WING = '<skeleton><points label="wing" points="1,1"/></skeleton>'
HALF = '<skeleton><points label="nose" points="1"/></skeleton>'


def test_several_boxes_of_one_group_are_all_kept(tmp_path):
    write_cvat(tmp_path / "annotations.xml", FRAMES[:1])
    tree = ET.parse(tmp_path / "annotations.xml")
    for shape in tree.iter():
        if "group_id" in shape.attrib:
            shape.set("group_id", "1")
    tree.write(tmp_path / "grouped.xml")
    (picture,) = read_cvat(tmp_path / "grouped.xml")
    boxes = sorted(person.box for person in picture.persons if not person.points)
    assert [person.box for person in FRAMES[0].persons[1:]] == [pytest.approx(box, abs=1e-3) for box in boxes]


def test_a_name_that_xml_cannot_hold_is_one_line_and_others_come_back(tmp_path):
    names = ["a/\n\t\r &<>\"' 李.png", "a/\x01.png"]
    first, second = (FRAMES[1].model_copy(update={"file_name": name}) for name in names)
    write_cvat(tmp_path / "annotations.xml", [first])
    assert [picture.file_name for picture in read_cvat(tmp_path / "annotations.xml")] == names[:1]
    with pytest.raises(InputError, match=r"'a/\\x01.png': XML cannot hold"):
        write_cvat(tmp_path / "other.xml", [second])
    assert not (tmp_path / "other.xml").exists()


ENTITIES = "".join(f'<!ENTITY {name} "{f"&{below};" * 50}">' for name, below in ("ba", "cb", "dc", "ed"))
LAUGHS = f'<!DOCTYPE a [<!ENTITY a "ha">{ENTITIES}]><annotations><image name="&e;&e;&e;"/></annotations>'
OUTSIDE = (
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotations><image name="a">&x;</image></annotations>'
)
UNKNOWN = '<?xml version="1.0" encoding="klingon"?><annotations/>'
CHINESE = '<?xml version="1.0" encoding="gb18030"?><annotations/>'
BROAD = '<?xml version="1.0" encoding="shift_jis"?><annotations/>'


@pytest.mark.parametrize(
    "content",
    [
        LAUGHS,
        UNKNOWN,
        BROAD,
        OUTSIDE,
        CHINESE,
        "<annotations",
        "<svg/>",
        '<annotations><image id="0"/></annotations>',
    ],
)
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "a.xml").write_text(content)
    with pytest.raises(FileFormatError, match=r"a\.xml"):
        list(read_cvat(tmp_path / "a.xml"))


ENDLESS = '<box xtl="0" ytl="0" xbr="inf" ybr="1"/>'
NOWHERE = '<skeleton><points label="nose" points="nan,1"/></skeleton>'
REVERSED = '<box xtl="5" ytl="0" xbr="1" ybr="1"/>'


@pytest.mark.parametrize("shape", ['<box xtl="left"/>', WING, HALF, ENDLESS, NOWHERE, REVERSED])
def test_a_shape_that_is_none_is_named_with_its_picture(tmp_path, shape):
    (tmp_path / "a.xml").write_text(f'<annotations><image name="street">{shape}</image></annotations>')
    with pytest.raises(FileFormatError, match="image street"):
        list(read_cvat(tmp_path / "a.xml"))


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zipped")
    write_cvat(folder / "annotations.xml", FRAMES)
    with zipfile.ZipFile(folder / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "annotations.xml", "annotations.xml")
    return folder / "export.zip"


def test_they_are_read_out_of_a_zip_too(zipped):
    assert_same(list(read_cvat(zipped)), FRAMES)


@given(data=st.data())
def test_a_damaged_zip_is_one_line_or_says_the_same(zipped, data):
    whole = bytearray(zipped.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        del whole[place:]
    else:
        whole[place] ^= data.draw(st.integers(1, 255))
    damaged = zipped.with_name("damaged.zip")
    damaged.write_bytes(whole)
    try:
        pictures, said = list(read_cvat(damaged)), None
    except FileFormatError as error:
        pictures, said = [], str(error)
    if said is None:
        assert_same(pictures, FRAMES)
    else:
        assert "damaged.zip" in said
        assert len(said.splitlines()) == 1


def test_a_zip_that_would_fill_the_memory_is_refused(zipped, monkeypatch):
    monkeypatch.setattr(cvat, "_MOST_BYTES", 100)
    with pytest.raises(FileFormatError, match=r"annotations\.xml has 0 MB, more than 0"):
        list(read_cvat(zipped))
