"""The model's poses against the stand-in's known function of the picture."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.metrabs_stand_in import build_stand_in
from support.metrabs_world import (
    CYAN,
    EDGES,
    JOINT_NAMES,
    RED,
    YELLOW,
    Marker,
    expected_pixels,
    expected_pose,
    paint,
)

from neuropose_ray.errors import ModelError
from neuropose_ray.models.metrabs.model import MetrabsModel
from neuropose_ray.models.metrabs.settings import CPU_BATCH_SIZE, MetrabsSettings
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame

from .conftest import LoadModel

WIDTH, HEIGHT = 160, 120
CALIBRATED = Camera(
    width=WIDTH, height=HEIGHT, focal_x=150, focal_y=155, centre_x=70, centre_y=66, source="calibration"
)
ASSUMED = Camera.from_field_of_view(WIDTH, HEIGHT, 55, source="assumed")
BOX = (20, 30, 16, 12)
BERKELEY = "berkeley_mhad_43"
NEAR = {"atol": 0.05, "rtol": 0}  # mm; single precision at 10 m


def picture(*people: tuple[Marker, tuple[int, int, int, int]]) -> Frame:
    frame = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for marker, box in people:
        paint(frame, marker, box)
    return frame


def walk(frames: int) -> list[Frame]:
    """A person who stands somewhere else in every frame."""
    return [picture((RED, (3 * i + 1, 2 * i, 12, 10))) for i in range(frames)]


def test_poses_are_the_known_function_of_the_picture_and_the_calibrated_camera(load_model: LoadModel) -> None:
    poses = load_model().session(CALIBRATED).predict([picture((RED, BOX))])

    expected = expected_pose(BOX, CALIBRATED, BERKELEY)
    np.testing.assert_array_equal(poses.boxes, np.float32([[*BOX, RED.score]]))
    np.testing.assert_allclose(poses.poses3d, expected[None], **NEAR)
    np.testing.assert_allclose(poses.poses2d, expected_pixels(expected, CALIBRATED)[None], atol=0.01)


def test_arrays_have_the_types_and_shapes_of_poses(load_model: LoadModel) -> None:
    poses = load_model().session(ASSUMED).predict([picture((RED, BOX)), picture()])

    assert [poses.frame.dtype, poses.boxes.dtype, poses.poses3d.dtype] == [np.int64, np.float32, np.float32]
    assert poses.poses2d.shape == (1, 43, 2)
    assert poses.poses3d.shape == (1, 43, 3)


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 7, 33])
@pytest.mark.parametrize("batch_size", [None, 6])
def test_every_frame_keeps_its_place_whatever_the_padding(
    load_model: LoadModel, frames: int, batch_size: int | None
) -> None:
    poses = load_model(batch_size=batch_size).session(ASSUMED).predict(walk(frames))

    np.testing.assert_array_equal(poses.frame, np.arange(frames))
    np.testing.assert_array_equal(poses.boxes[:, 0], 3 * np.arange(frames) + 1)
    last = (3 * (frames - 1) + 1, 2 * (frames - 1), 12, 10)
    np.testing.assert_allclose(poses.poses3d[-1], expected_pose(last, ASSUMED, BERKELEY), **NEAR)


def test_a_frame_gives_the_same_alone_and_in_company(load_model: LoadModel) -> None:
    session = load_model().session(ASSUMED)
    together, alone = session.predict(walk(7)), [session.predict([frame]) for frame in walk(7)]

    np.testing.assert_array_equal(together.poses3d, np.concatenate([poses.poses3d for poses in alone]))


def test_frames_are_read_as_rgb(load_model: LoadModel) -> None:
    rgb = picture((RED, BOX))
    session = load_model().session(ASSUMED)

    assert len(session.predict([rgb])) == 1
    assert len(session.predict([np.ascontiguousarray(rgb[..., ::-1])])) == 0


def test_frames_with_nobody_between_frames_with_somebody(load_model: LoadModel) -> None:
    frames = [picture(), picture((RED, BOX)), picture(), picture(), picture(), picture((YELLOW, BOX)), picture()]

    assert load_model().session(ASSUMED).predict(frames).frame.tolist() == [1, 5]


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_nobody_is_empty_arrays_of_the_right_shape(load_model: LoadModel, frames: int) -> None:
    poses = load_model().session(ASSUMED).predict([picture()] * frames)

    assert (len(poses), poses.boxes.shape, poses.joint_scores.shape) == (0, (0, 5), (0, 43))
    assert (poses.poses2d.shape, poses.poses3d.shape) == ((0, 43, 2), (0, 43, 3))


def test_two_people_come_best_first_and_each_joint_has_its_persons_score(load_model: LoadModel) -> None:
    other = (90, 60, 20, 20)
    poses = load_model().session(ASSUMED).predict([picture(), picture((YELLOW, other), (RED, BOX))])

    assert poses.frame.tolist() == [1, 1]
    np.testing.assert_array_equal(poses.joint_scores, np.repeat(np.float32([[0.9], [0.6]]), 43, axis=1))
    for row, box in enumerate((BOX, other)):
        np.testing.assert_allclose(poses.poses3d[row], expected_pose(box, ASSUMED, BERKELEY), **NEAR)


def test_a_given_field_of_view_and_an_assumed_one_over_the_larger_side(load_model: LoadModel) -> None:
    frame = np.ascontiguousarray(picture((RED, BOX)).transpose(1, 0, 2))
    box = (30, 20, 12, 16)
    for source in ("field_of_view", "assumed"):
        portrait = Camera.from_field_of_view(HEIGHT, WIDTH, 70, source=source)
        poses = load_model().session(portrait).predict([frame])
        np.testing.assert_allclose(poses.poses3d[0], expected_pose(box, portrait, BERKELEY), **NEAR)


def test_an_assumed_camera_is_left_to_the_models_own_rule(load_model: LoadModel) -> None:
    off_centre = ASSUMED.model_copy(update={"centre_x": 10.0})
    poses = load_model().session(off_centre).predict([picture((RED, BOX))])

    np.testing.assert_allclose(poses.poses3d[0], expected_pose(BOX, ASSUMED, BERKELEY), **NEAR)


@pytest.mark.parametrize(
    "distortion",
    [(-0.3, 0.1, 0.002, -0.001), (-0.3, 0.1, 0.002, -0.001, 0.05), (0.2, 0.1, 0.01, 0, 0, 0.3, 0.1, 0.02)],
    ids=["4", "5", "8"],
)
def test_lens_distortion_bends_the_pixels(load_model: LoadModel, distortion: tuple[float, ...]) -> None:
    lens = CALIBRATED.model_copy(update={"distortion": distortion})
    poses = load_model().session(lens).predict([picture((RED, BOX))])

    pixels = expected_pixels(expected_pose(BOX, lens, BERKELEY), lens)
    np.testing.assert_allclose(poses.poses2d[0], pixels, atol=0.01)
    assert np.abs(pixels - expected_pixels(expected_pose(BOX, lens, BERKELEY), CALIBRATED)).max() > 0.5


def test_a_tilted_sensor_is_refused(load_model: LoadModel) -> None:
    tilted = CALIBRATED.model_copy(update={"distortion": (0.1,) * 14})
    with pytest.raises(ModelError, match="12 distortion coefficients, not 14"):
        load_model().session(tilted).predict([picture()])


def test_a_frame_of_another_size_than_the_camera_is_refused(load_model: LoadModel) -> None:
    with pytest.raises(ModelError, match=r"frame 1 of the batch: its shape is \(60, 160, 3\)"):
        load_model().session(ASSUMED).predict([picture(), picture()[:60]])


def test_skeleton_crops_antialiasing_and_the_number_of_people_follow_the_settings(load_model: LoadModel) -> None:
    model = load_model(skeleton="smpl_24", num_aug=3, antialias_factor=2, max_detections=1)
    poses = model.session(ASSUMED).predict([picture((RED, BOX), (YELLOW, (90, 60, 20, 20)))] * 2)

    assert poses.frame.tolist() == [0, 1]
    expected = expected_pose(BOX, ASSUMED, "smpl_24", num_aug=3, antialias_factor=2)
    np.testing.assert_allclose(poses.poses3d[1], expected, **NEAR)


def test_the_detector_follows_the_settings(load_model: LoadModel) -> None:
    inside, outside = (30, 30, 20, 20), (20, 20, 40, 40)  # they overlap by a quarter
    frames = [
        picture((YELLOW, outside), (RED, inside)),
        picture((CYAN, BOX)),
        picture((RED, (5, 5, 6, 6))),
    ]
    wide = load_model(detector_nms_iou_threshold=0.2, detector_flip_aug=True, suppress_implausible_poses=False)

    assert load_model().session(ASSUMED).predict(frames).frame.tolist() == [0, 0]
    assert wide.session(ASSUMED).predict(frames).frame.tolist() == [0, 1, 2]


def test_people_whose_coordinates_are_not_finite_are_left_out(load_model: LoadModel) -> None:
    model = load_model(detector_nms_iou_threshold=0.2, detector_flip_aug=True, suppress_implausible_poses=False)
    poses = model.session(ASSUMED).predict([picture((RED, (5, 5, 3, 3)), (YELLOW, (50, 50, 12, 12)))])

    np.testing.assert_array_equal(poses.boxes[:, 4], np.float32([YELLOW.score]))
    assert np.isfinite(poses.poses3d).all()


def test_extrinsics_and_up_vector_turn_the_person_and_poses_stay_in_camera_axes(load_model: LoadModel) -> None:
    sine, cosine = np.sin(0.3), np.cos(0.3)  # a camera rolled by 0.3 rad in a world whose z is up
    rotation = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]]) @ [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    matrix = np.vstack([np.column_stack([rotation, [400, -1200, 2500]]), [0, 0, 0, 1]])
    model = load_model(extrinsic_matrix=matrix.tolist(), world_up_vector=(0, 0, 1), detector_threshold=0.7)
    poses = model.session(CALIBRATED).predict([picture((RED, BOX), (YELLOW, (90, 60, 20, 20)))])

    expected = expected_pose(BOX, CALIBRATED, BERKELEY, up=tuple(rotation @ [0, 0, 1]))
    np.testing.assert_array_equal(poses.boxes[:, 4], np.float32([RED.score]))  # yellow is under the threshold
    np.testing.assert_allclose(poses.poses3d[0], expected, **NEAR)
    np.testing.assert_allclose(poses.poses2d[0], CALIBRATED.project(poses.poses3d[0]), atol=0.01)


def test_info_names_the_weights_and_the_models_own_skeleton(load_model: LoadModel) -> None:
    info = load_model().info

    assert (info.name, info.sha256, info.filename, info.device) == ("metrabs", "ab" * 32, "stand_in.tar.gz", "cpu")
    assert info.runtime.startswith("tensorflow 2.")
    assert info.skeleton.joint_names == JOINT_NAMES[BERKELEY]
    assert info.skeleton.edges == EDGES[BERKELEY]
    assert info.skeleton.landmarks["left_hip"] == "lhipl"
    assert info.settings == MetrabsSettings().fingerprint()


@pytest.mark.slow
def test_out_of_memory_halves_the_batch_loses_nothing_and_is_remembered(tmp_path: Path) -> None:
    folder = build_stand_in(tmp_path / "small_memory", most_frames=3)
    model = MetrabsModel(folder, sha256="", filename="", settings=MetrabsSettings(device="cpu", batch_size=8))
    session = model.session(ASSUMED)
    assert model.batch_size == 8

    for frames in (20, 5):
        poses = session.predict(walk(frames))
        assert model.batch_size == 2
        np.testing.assert_array_equal(poses.boxes[:, 0], 3 * np.arange(frames) + 1)


@pytest.mark.slow
def test_a_shortage_by_another_name_halves_the_batch_too(tmp_path: Path) -> None:
    import tensorflow as tf

    class FullCard(tf.Module):
        """Fails above three frames as convolutions without room to work in do: nothing of this name is found."""

        def see(self, images: Any, boxes: Any, num_aug: Any, internal_batch_size: Any) -> Any:
            name = tf.where(tf.shape(images)[0] > 3, "No algorithm worked!", "/dev/null")
            nothing = tf.cast(tf.strings.length(tf.io.read_file(name)), tf.float32)
            return boxes.with_flat_values(boxes.flat_values + nothing)

    folder = build_stand_in(tmp_path / "full_card", networks=FullCard())
    model = MetrabsModel(folder, sha256="", filename="", settings=MetrabsSettings(device="cpu", batch_size=8))
    poses = model.session(ASSUMED).predict(walk(20))

    assert model.batch_size == 2
    np.testing.assert_array_equal(poses.boxes[:, 0], 3 * np.arange(20) + 1)


@pytest.mark.slow
def test_one_frame_that_does_not_fit_in_memory_is_an_error_in_one_line(tmp_path: Path) -> None:
    folder = build_stand_in(tmp_path / "no_memory", most_frames=0)
    with pytest.raises(ModelError, match=r"does not fit in memory \(OOM when allocating") as caught:
        MetrabsModel(folder, sha256="", filename="", settings=MetrabsSettings(device="cpu"))
    assert "\n" not in str(caught.value)


def test_the_batch_of_a_cpu_is_small_unless_told(load_model: LoadModel) -> None:
    assert load_model().batch_size == CPU_BATCH_SIZE
    assert load_model(batch_size=6).batch_size == 6
