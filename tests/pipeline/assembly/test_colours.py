"""The colours that people wear, looked up in frames of their video by the rows of a table."""

import cv2
import numpy as np
import pytest

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.pipeline.assembly.colours import worn_colours
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source

WIDTH, HEIGHT = 320, 240
SHIRTS = [(200, 30, 40), (30, 60, 210), (30, 160, 60)]
TROUSERS = [(40, 40, 50), (230, 220, 60), (120, 80, 200)]
BODY = Skeleton(name="body", joint_names=LANDMARKS, edges=[], landmarks={name: name for name in LANDMARKS})
#: Where joints are seen from the middle of the shoulders, pixels: the person faces the camera.
PLACES = {"shoulder": (20, 0), "hip": (14, 60), "knee": (14, 110)}


def seen(x, y):
    """``(16, 2)`` pixels of somebody the middle of whose shoulders is there; what has no place here is not known."""
    pixels = np.full((len(LANDMARKS), 2), np.nan, np.float32)
    for part, (across, down) in PLACES.items():
        for side, sign in (("left", 1), ("right", -1)):
            pixels[LANDMARKS.index(f"{side}_{part}")] = x + sign * across, y + down
    return pixels


def lab(colour):
    """CIE 1976 L, a, b."""
    return cv2.cvtColor(np.array([[colour]], np.float32) / 255, cv2.COLOR_RGB2LAB)[0, 0]


class Recording:
    """A person in each of three places, in clothes of their own in every frame."""

    def __init__(self, folder, frames=3, places=((60, 40), (160, 50), (260, 60))):
        folder.mkdir()
        for frame in range(frames):
            picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
            for who, (x, y) in enumerate(places):
                shirt, trousers = self.clothes(frame, who)
                # Arms and hands beside the trunk, and background, in other colours.
                cv2.rectangle(picture, (x - 30, y), (x + 30, y + 60), (255, 0, 255), -1)
                cv2.rectangle(picture, (x - 18, y), (x + 18, y + 60), shirt, -1)
                cv2.rectangle(picture, (x - 6, y + 20), (x + 6, y + 40), (255, 255, 255), -1)  # a print on it
                cv2.rectangle(picture, (x - 18, y + 64), (x + 18, y + 110), trousers, -1)
            cv2.imwrite(str(folder / f"{frame}.png"), picture[..., ::-1])
        self.info = probe(open_source(folder))
        count = frames * len(places)
        poses = Poses(
            np.repeat(np.arange(frames), len(places)), np.ones((count, 5), np.float32),
            np.array([seen(*place) for _ in range(frames) for place in places]),
            np.zeros((count, len(LANDMARKS), 3), np.float32), np.ones((count, len(LANDMARKS)), np.float32),
        )  # fmt: skip
        self.table = PoseTable(self.info.timestamps_s, poses)

    @staticmethod
    def clothes(frame, who):
        return SHIRTS[(who + frame) % 3], TROUSERS[(who + frame) % 3]

    def worn(self, row):
        frame = int(self.table.poses.frame[row])
        shirt, trousers = self.clothes(frame, row - 3 * frame)
        return np.concatenate([lab(shirt), lab(trousers)])

    def colours(self, rows, skeleton=BODY):
        return worn_colours(self.info, self.table, skeleton)(np.array(rows, np.int64))


@pytest.fixture
def recording(tmp_path):
    return Recording(tmp_path / "people")


@pytest.mark.parametrize("rows", [[0], [4, 4], [8, 0, 5, 1], list(range(9)), []])
def test_each_row_has_the_colours_of_its_person_in_its_frame(recording, rows):
    colours = recording.colours(rows)
    assert colours.shape == (len(rows), 6)
    for row, colour in zip(rows, colours, strict=True):
        np.testing.assert_allclose(colour, recording.worn(row), atol=0.01)


def test_trunk_and_thighs_are_looked_at_inside_the_clothes(recording):
    """Half of the trunk's edge is arm here; a patch that reached it would be magenta in part."""
    recording.table.poses.poses2d[0] += (3, 0)
    np.testing.assert_allclose(recording.colours([0])[0], recording.worn(0), atol=0.01)


def test_who_is_partly_outside_the_picture_has_the_colours_of_the_rest(recording):
    pixels = recording.table.poses.poses2d
    pixels[0] += (0, HEIGHT - 100)  # thighs below the picture, half of the trunk in it
    pixels[1] += (4000, 0)
    pixels[2] -= (4000, 1e7)
    pixels[3] -= (60 + 4, 40 + 40)  # no more than a corner of the trunk
    pixels[3, LANDMARKS.index("left_knee"), 1] -= 300
    pixels[3, LANDMARKS.index("right_knee"), 1] -= 300
    colours = recording.colours([0, 1, 2, 3])
    assert np.isfinite(colours[0, :3]).all()
    assert np.isnan(colours[0, 3:]).all()
    assert np.isnan(colours[1:]).all()


def test_joints_that_are_not_known_give_no_colours(recording):
    pixels = recording.table.poses.poses2d
    pixels[0, LANDMARKS.index("left_knee")] = np.nan  # the other thigh is enough
    pixels[1, LANDMARKS.index("left_hip")] = np.nan
    pixels[2] = np.nan
    colours = recording.colours([0, 1, 2])
    np.testing.assert_allclose(colours[0], recording.worn(0), atol=0.01)
    assert np.isnan(colours[1, :3]).all()
    np.testing.assert_allclose(colours[1, 3:], recording.worn(1)[3:], atol=0.01)
    assert np.isnan(colours[2]).all()


@pytest.mark.parametrize(
    ("names", "known"),
    [
        ([name for name in LANDMARKS if "knee" not in name], [True] * 3 + [False] * 3),
        ([name for name in LANDMARKS if name != "right_hip"], [False] * 6),
    ],
)
def test_a_skeleton_without_the_joints_has_no_such_colours(recording, names, known):
    joints = [name if name in names else f"other_{number}" for number, name in enumerate(LANDMARKS)]
    skeleton = Skeleton(name="less", joint_names=joints, edges=[], landmarks={name: name for name in names})
    assert np.isfinite(recording.colours([0], skeleton)[0]).tolist() == known


def test_frames_that_lie_far_apart_are_found(tmp_path):
    long = Recording(tmp_path / "long", frames=140, places=((60, 40),))
    shown = [0, 3, 70, 139, 131]
    for row, colour in zip(shown, long.colours(shown), strict=True):
        shirt, trousers = long.clothes(row, 0)
        np.testing.assert_allclose(colour, [*lab(shirt), *lab(trousers)], atol=0.01)


def test_a_video_that_can_no_longer_be_read_has_no_colours(recording):
    recording.info.source.path.rename(recording.info.source.path.with_name("elsewhere"))
    with pytest.raises(NeuroposeRayError):
        probe(recording.info.source)
    colours = recording.colours([0, 4])
    assert colours.shape == (2, 6)
    assert np.isnan(colours).all()


def test_a_frame_that_cannot_be_decoded_has_no_colours_and_the_others_have_theirs(recording):
    broken = recording.info.source.path / "1.png"
    broken.write_bytes(broken.read_bytes()[:60])
    colours = recording.colours([0, 4, 8])
    assert np.isfinite(colours).all(axis=1).tolist() == [True, False, True]
