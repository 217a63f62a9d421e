"""Clinical angles: by hand-made postures, by the phantom's exact joint angles, and by measured motion."""

import csv

import numpy as np
import pytest
from analysis.angles.figures import STANDING, WHOLE_BODY, motion_of, turned_about
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose_ray.analysis.angles.clinical import clinical_angles
from neuropose_ray.analysis.angles.definitions import ANGLE_DEFINITIONS
from neuropose_ray.analysis.angles.settings import AngleSettings
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton
from neuropose_ray.schemas.skeletons import KNOWN_SKELETONS

# The figure faces the camera: about x, a positive turn brings what hangs down forward (from +y to -z is negative).
FORWARD_30 = Rotation.from_euler("x", -30, degrees=True)
BACKWARD_20 = Rotation.from_euler("x", 20, degrees=True)
UPPER_BODY = [name for name in LANDMARKS if name.split("_")[1] in ("shoulder", "elbow", "wrist")]


def parts(side, *names):
    return [f"{side}_{name}" for name in names]


def angle(name, *postures, **settings_):
    return clinical_angles(motion_of(*postures), AngleSettings(**settings_)).angle(name)


def test_standing_upright_with_hanging_arms_is_zero():
    table = clinical_angles(motion_of(STANDING))
    assert table.names == tuple(ANGLE_DEFINITIONS)
    assert not table.left_out
    np.testing.assert_allclose(table.values_deg, 0, atol=1e-9)


LEG, SHANK, ARM, FOREARM = (
    ("knee", "ankle", "heel", "toe"), ("ankle", "heel", "toe"), ("elbow", "wrist"), ("wrist",),
)  # fmt: skip


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize(
    ("joint", "moving", "turn", "expected"),
    [
        ("hip", LEG, FORWARD_30, {"hip_flexion": 30, "thigh_angle": 30, "shank_angle": 30, "foot_angle": 30}),
        ("hip", LEG, BACKWARD_20, {"hip_flexion": -20, "thigh_angle": -20, "shank_angle": -20, "foot_angle": -20}),
        ("knee", SHANK, BACKWARD_20, {"knee_flexion": 20, "shank_angle": -20, "foot_angle": -20}),
        ("ankle", ("heel", "toe"), FORWARD_30, {"ankle_dorsiflexion": 30, "foot_angle": 30}),
        ("ankle", ("heel", "toe"), BACKWARD_20, {"ankle_dorsiflexion": -20, "foot_angle": -20}),
        ("shoulder", ARM, FORWARD_30,
         {"shoulder_flexion": 30, "shoulder_elevation": 30, "upper_arm_angle": 30, "forearm_angle": 30}),
        ("shoulder", ARM, BACKWARD_20,
         {"shoulder_flexion": -20, "shoulder_elevation": 20, "upper_arm_angle": -20, "forearm_angle": -20}),
        ("shoulder", ARM, Rotation.from_euler("x", -185, degrees=True),
         {"shoulder_flexion": 185, "shoulder_elevation": 175, "upper_arm_angle": 185, "forearm_angle": 185}),
        ("elbow", FOREARM, FORWARD_30, {"elbow_flexion": 30, "forearm_angle": 30}),
    ],
)  # fmt: skip
def test_a_turn_of_one_joint_is_read_from_it_and_from_the_segments_beyond(side, joint, moving, turn, expected):
    table = clinical_angles(motion_of(turned_about(f"{side}_{joint}", parts(side, *moving), turn)))
    wanted = {f"{side}_{name}": degrees for name, degrees in expected.items()}
    found = dict(zip(table.names, table.values_deg[0], strict=True))
    assert found == pytest.approx(dict.fromkeys(table.names, 0) | wanted, abs=1e-9)


@pytest.mark.parametrize(("side", "towards_left_of_person"), [("right", -1), ("left", 1)])
def test_a_leg_out_to_the_side_is_abducted_and_not_flexed(side, towards_left_of_person):
    turn = Rotation.from_euler("z", -25 * towards_left_of_person, degrees=True)
    table = clinical_angles(motion_of(turned_about(f"{side}_hip", parts(side, *LEG), turn)))
    assert table.angle(f"{side}_hip_abduction") == pytest.approx(25)
    assert table.angle(f"{side}_hip_flexion") == pytest.approx(0, abs=1e-9)


def lean(turn):
    """The trunk with the arms turned about the middle of the hips."""
    middle = (STANDING["left_hip"] + STANDING["right_hip"]) / 2
    return STANDING | {name: middle + turn.apply(STANDING[name] - middle) for name in UPPER_BODY}


def test_leaning_forward_flexes_both_hips_by_as_much():
    # What points up goes towards the camera by a turn of the other sign than what hangs down.
    table = clinical_angles(motion_of(lean(Rotation.from_euler("x", 40, degrees=True))))
    for name in ("trunk_forward_lean", "trunk_inclination", "right_hip_flexion", "left_hip_flexion"):
        assert table.angle(name) == pytest.approx(40), name
    assert table.angle("trunk_lateral_lean") == pytest.approx(0, abs=1e-9)
    assert table.angle("right_shoulder_flexion") == pytest.approx(0, abs=1e-9)


def test_leaning_to_the_right_is_positive():
    # The person's right is the left of the picture.
    table = clinical_angles(motion_of(lean(Rotation.from_euler("z", -15, degrees=True))))
    assert table.angle("trunk_lateral_lean") == pytest.approx(15)
    assert table.angle("trunk_forward_lean") == pytest.approx(0, abs=1e-9)


def test_shoulders_turned_to_the_left_are_positive():
    # Turning left from facing the camera brings the right shoulder (left in the picture) towards the camera.
    turned = lean(Rotation.from_euler("y", -20, degrees=True))
    assert turned["right_shoulder"][2] < STANDING["right_shoulder"][2]
    assert angle("trunk_rotation", turned) == pytest.approx(20)


def test_a_raised_right_hip_is_positive():
    raised = STANDING | {"right_hip": STANDING["right_hip"] + [0, -180 * np.tan(np.radians(5)), 0]}
    assert angle("pelvis_obliquity", raised) == pytest.approx(5)


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_angles_do_not_depend_on_where_the_person_is_or_how_the_camera_is_held(seed):
    random = np.random.default_rng(seed)
    posture = {name: place + random.normal(scale=60, size=3) for name, place in STANDING.items()}
    turn, shift = Rotation.random(random_state=seed), random.normal(scale=3000, size=3)
    elsewhere = {name: turn.apply(place) + shift for name, place in posture.items()}
    here = clinical_angles(motion_of(posture))
    there = clinical_angles(motion_of(elsewhere), AngleSettings(up=tuple(turn.apply([0, -2.5, 0]).tolist())))
    np.testing.assert_allclose(there.values_deg, here.values_deg, atol=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=40)
@pytest.mark.slow
def test_the_angles_of_a_posture_do_not_leave_their_defined_range(seed):
    anywhere = np.random.default_rng(seed).normal(scale=500, size=(8, len(LANDMARKS), 3))
    for posture in anywhere:
        one = Motion("noise", WHOLE_BODY, np.zeros(1), posture[None], np.ones((1, len(LANDMARKS))))
        table = clinical_angles(one)
        for name, column in zip(table.names, table.values_deg.T, strict=True):
            low, high = ANGLE_DEFINITIONS[name].range_deg
            assert (np.isnan(column) | ((column >= low) & (column <= high))).all(), name


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_no_angle_about_an_axis_ever_jumps_by_a_turn(seed):
    walk = np.random.default_rng(seed).normal(scale=60, size=(60, len(LANDMARKS), 3)).cumsum(0)
    positions = np.array([STANDING[name] for name in LANDMARKS]) + walk
    table = clinical_angles(Motion("walk", WHOLE_BODY, np.arange(60.0), positions, np.ones((60, len(LANDMARKS)))))
    for name, column in zip(table.names, table.values_deg.T, strict=True):
        low, high = ANGLE_DEFINITIONS[name].range_deg
        steps = np.diff(column)
        assert (np.abs(steps[np.isfinite(steps)]) <= 180 + 1e-6).all(), name
        known = column[np.isfinite(column)]
        assert ((known >= low - 225) & (known <= high + 225)).all(), name


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("landmark", LANDMARKS)
def test_a_missing_joint_is_missing_in_its_angles_of_that_frame_alone(landmark):
    gone = STANDING | {landmark: np.full(3, np.nan)}
    table = clinical_angles(motion_of(STANDING, gone, STANDING))
    for name, column in zip(table.names, table.values_deg.T, strict=True):
        affected = landmark in ANGLE_DEFINITIONS[name].landmarks
        np.testing.assert_array_equal(np.isnan(column), [False, affected, False], err_msg=name)


@pytest.mark.filterwarnings("error")
def test_joints_in_one_place_have_no_angle():
    folded = STANDING | {"right_ankle": STANDING["right_knee"]}
    table = clinical_angles(motion_of(folded))
    unknown = {name for name, value in zip(table.names, table.values_deg[0], strict=True) if np.isnan(value)}
    assert unknown == {"right_knee_flexion", "right_ankle_dorsiflexion", "right_shank_angle"}


def test_an_arm_held_out_sideways_is_elevated_but_has_no_flexion():
    sideways = turned_about("left_shoulder", parts("left", *ARM), Rotation.from_euler("z", -90, degrees=True))
    assert angle("left_shoulder_elevation", sideways) == pytest.approx(90)
    assert np.isnan(angle("left_shoulder_flexion", sideways))
    nearly = turned_about("left_shoulder", parts("left", *ARM), Rotation.from_euler("z", -84, degrees=True))
    assert np.isnan(angle("left_shoulder_flexion", nearly))
    assert angle("left_shoulder_flexion", nearly, min_off_axis_deg=5) == pytest.approx(0, abs=1e-9)


def test_a_vertical_needs_a_direction():
    with pytest.raises(ValueError, match="direction"):
        AngleSettings(up=(0, 0, 0))


def of_phantom(motion, camera, heading_deg=0.0, times=None):
    times = np.arange(150) / 30 if times is None else times
    truth = Scene((Person(motion, heading_deg=heading_deg),), camera).truth(times, 1280, 720)
    person = truth.persons[0]
    joints = person.joints3d_mm
    seen = Motion("phantom", PHANTOM_SKELETON, times, joints, np.ones(joints.shape[:2]))
    return seen, person.angles_deg, truth


SAME = [
    f"{side}_{name}"
    for side in ("right", "left")
    for name in (
        "hip_flexion", "hip_abduction", "knee_flexion", "ankle_dorsiflexion", "shoulder_flexion", "elbow_flexion",
    )
]  # fmt: skip


@pytest.mark.parametrize("view_deg", [40, 200])
@pytest.mark.parametrize("motion", [Squatting(), SitToStand(), Reaching(), Walking()], ids=lambda m: type(m).__name__)
def test_angles_of_exact_joints_are_the_phantoms_own(motion, view_deg):
    camera = PhantomCamera(view_deg=view_deg, height_mm=2200)
    seen, truth, scene = of_phantom(motion, camera, heading_deg=65)
    up = tuple((scene.camera_rotations[0] @ [0, 1, 0]).tolist())
    table = clinical_angles(seen, AngleSettings(up=up))
    expected = {name: truth[name] for name in SAME} | {
        "trunk_forward_lean": truth["pelvis_tilt"],
        "trunk_lateral_lean": -truth["pelvis_list"],
        "trunk_rotation": truth["thorax_rotation"],
        "pelvis_obliquity": truth["pelvis_list"],
    }
    for name, degrees in expected.items():
        np.testing.assert_allclose(table.angle(name), degrees, atol=0.02, err_msg=name)


def test_segments_are_measured_against_the_vertical_and_the_bodys_heading():
    seen, _, scene = of_phantom(Reaching(), PhantomCamera(height_mm=900, view_deg=130))
    table = clinical_angles(seen)
    # The phantom faces x of the world, y is up.
    world = dict(zip(PHANTOM_SKELETON.joint_names, scene.persons[0].joints_world_mm.swapaxes(0, 1), strict=True))
    for segment, (start, end) in {
        "thigh": ("hip", "knee"), "shank": ("knee", "ankle"),
        "upper_arm": ("shoulder", "elbow"), "forearm": ("elbow", "wrist"),
    }.items():  # fmt: skip
        for side in ("right", "left"):
            x, y, _ = (world[f"{side}_{end}"] - world[f"{side}_{start}"]).T
            found = table.angle(f"{side}_{segment}_angle")
            np.testing.assert_allclose((found - np.degrees(np.arctan2(x, -y)) + 180) % 360, 180, atol=1e-6)


@pytest.mark.parametrize("skeleton", KNOWN_SKELETONS.values(), ids=lambda skeleton: skeleton.name)
def test_every_known_skeleton_gives_the_angles_that_its_landmarks_allow(skeleton):
    seen, _, _ = of_phantom(SitToStand(), PhantomCamera(), times=np.arange(5) / 5)
    joints = np.full((5, len(skeleton), 3), np.nan)
    for landmark in skeleton.landmarks:
        joints[:, skeleton.index(landmark)] = seen.joint(landmark)
    table = clinical_angles(Motion("other", skeleton, seen.timestamps_s, joints, np.ones(joints.shape[:2])))
    whole = clinical_angles(seen)
    assert set(table.names) | set(table.left_out) == set(ANGLE_DEFINITIONS)
    assert all("heel" in " ".join(lacking) for lacking in table.left_out.values())
    assert len(table.left_out) == (0 if skeleton.has("left_heel", "right_heel") else 4)
    for name in table.names:
        np.testing.assert_array_equal(table.angle(name), whole.angle(name), err_msg=name)


def test_a_skeleton_of_numbered_joints_has_no_angles_but_says_what_is_missing():
    skeleton = Skeleton(name="unnamed_2", joint_names=("joint_0", "joint_1"))
    table = clinical_angles(Motion("clip", skeleton, np.arange(3.0), np.zeros((3, 2, 3)), np.ones((3, 2))))
    assert table.values_deg.shape == (3, 0)
    assert set(table.left_out) == set(ANGLE_DEFINITIONS)
    with pytest.raises(InputError, match=r"clip: right_knee_flexion .* no right_hip, right_knee, right_ankle"):
        table.angle("right_knee_flexion")


def test_no_frames_no_angles_but_all_their_names():
    table = clinical_angles(motion_of())
    assert table.values_deg.shape == (0, len(ANGLE_DEFINITIONS))


def columns(path):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def test_a_marker_recordings_joints_give_its_own_angles(test_data):
    joints = columns(test_data / "opencap" / "squat_gt_joints.csv")
    measured = columns(test_data / "opencap" / "squat_gt_angles.csv")
    names = [f"{part}_{side[0]}" for side, part in (landmark.split("_") for landmark in LANDMARKS)]
    positions = 1000 * np.stack([np.stack([joints[f"{name}_{axis}"] for axis in "xyz"], -1) for name in names], 1)
    motion = Motion("squat", WHOLE_BODY, joints["time_s"], positions, np.ones(positions.shape[:2]))
    table = clinical_angles(motion, AngleSettings(up=(0, 1, 0)))
    for side in ("right", "left"):
        knee, elbow = (table.angle(f"{side}_{joint}_flexion") for joint in ("knee", "elbow"))
        np.testing.assert_allclose(knee, measured[f"geom_knee_{side[0]}"], atol=0.1)
        np.testing.assert_allclose(elbow, measured[f"geom_elbow_{side[0]}"], atol=0.1)
        # The other columns are those of a body model, whose hip is measured against the pelvis.
        assert np.corrcoef(knee, measured[f"knee_{side[0]}"])[0, 1] > 0.999
        assert np.corrcoef(table.angle(f"{side}_hip_flexion"), measured[f"hip_{side[0]}"])[0, 1] > 0.99
        np.testing.assert_allclose(table.angle(f"{side}_ankle_dorsiflexion"), measured[f"ankle_{side[0]}"], atol=4)
