import pytest
from support.metrabs_world import JOINT_NAMES

from neuropose_ray.models.metrabs.landmarks import landmarks_of
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

SMPL_HEAD_30 = [f"{name}_smpl" for name in JOINT_NAMES["smpl_24"]] + ["htop_mpi_inf_3dhp", "lear_coco", "rear_coco"]


def test_berkeley_has_every_landmark_by_its_markers() -> None:
    landmarks = landmarks_of(JOINT_NAMES["berkeley_mhad_43"])

    assert landmarks.keys() == set(LANDMARKS)
    assert {landmarks[f"left_{part}"] for part in ("hip", "shoulder", "heel", "toe")} == {
        "lhipl",
        "lsho1",
        "lhee",
        "lfoo",
    }
    assert {landmarks[f"right_{part}"] for part in ("knee", "ankle", "elbow", "wrist")} == {
        "rkne",
        "rank",
        "relb",
        "rwri",
    }


@pytest.mark.parametrize(
    ("skeleton", "missing"),
    [("smpl_24", {"heel"}), ("h36m_17", {"heel", "toe"}), ("coco_19", {"heel", "toe"})],
)
def test_other_skeletons_have_what_they_have(skeleton: str, missing: set[str]) -> None:
    landmarks = landmarks_of(JOINT_NAMES[skeleton])

    assert set(LANDMARKS) - landmarks.keys() == {f"{side}_{part}" for side in ("left", "right") for part in missing}


def test_a_toe_is_preferred_to_a_foot() -> None:
    assert landmarks_of(["lank", "lfoo", "ltoe"])["left_toe"] == "ltoe"
    assert landmarks_of(["lank", "lfoo"])["left_toe"] == "lfoo"


def test_names_marked_with_their_data_set_are_understood() -> None:
    landmarks = landmarks_of(SMPL_HEAD_30)

    assert (landmarks["left_hip"], landmarks["right_toe"]) == ("lhip_smpl", "rtoe_smpl")


def test_an_unmarked_name_wins_and_then_the_first() -> None:
    assert landmarks_of(["lhip_coco", "lhip_smpl"])["left_hip"] == "lhip_coco"
    assert landmarks_of(["lhip_coco", "lhip"])["left_hip"] == "lhip"


@pytest.mark.parametrize("skeleton", JOINT_NAMES)
def test_landmarks_make_a_valid_skeleton(skeleton: str) -> None:
    names = JOINT_NAMES[skeleton]
    made = Skeleton(name=skeleton, joint_names=names, landmarks=landmarks_of(names))

    assert made.joint_names[made.index("left_knee")] == "lkne"
