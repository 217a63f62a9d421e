import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.formats.markers import MARKERS, landmark_markers, pelvis_markers, split_subject
from neuropose_ray.formats.trc_reader import read_trc
from neuropose_ray.schemas.skeleton import LANDMARKS

_SIDED = (
    "FHD", "BHD", "SHO", "UPA", "ELB", "FRM", "WRA", "WRB", "FIN", "ASI", "PSI", "THI", "KNE", "TIB", "ANK", "HEE",
    "TOE",
)  # fmt: skip
PLUG_IN_GAIT = [f"{side}{part}" for part in _SIDED for side in "LR"] + ["C7", "T10", "CLAV", "STRN", "RBAK"]


def test_plug_in_gait_has_all_landmarks_but_the_hips_which_its_pelvis_gives():
    found = landmark_markers(PLUG_IN_GAIT)
    assert set(LANDMARKS) - set(found) == {"right_hip", "left_hip"}
    assert (found["left_knee"], found["right_heel"], found["left_wrist"]) == (("LKNE",), ("RHEE",), ("LWRA", "LWRB"))
    assert pelvis_markers(PLUG_IN_GAIT) == ("RASI", "LASI", ("RPSI", "LPSI"))


def test_joint_centres_of_vicons_model_come_before_its_markers():
    found = landmark_markers([*PLUG_IN_GAIT, "LFEP", "LFEO", "LTIO", "RFEP", "RFEO", "RTIO"])
    assert (found["left_hip"], found["left_knee"], found["right_ankle"]) == (("LFEP",), ("LFEO",), ("RTIO",))


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "opencap/default_markers.trc",
            {"right_hip": ("R_HJC",), "right_knee": ("r_knee",), "left_ankle": ("L_ankle",), "left_heel": ("L_calc",),
             "left_elbow": ("L_elbow_lat", "L_elbow_med"), "right_wrist": ("R_wrist_radius", "R_wrist_ulna"),
             "right_shoulder": ("R_Shoulder",)},
        ),
        (
            "gait/motion_capture_walk.trc",
            {"right_knee": ("R.Knee",), "left_toe": ("L.Toe",), "right_shoulder": ("R.Shoulder",),
             "left_wrist": ("L.Wrist",)},
        ),
        ("pose2sim_single/balancing_0-100.trc", {"left_toe": ("LBigToe",), "right_hip": ("RHip",)}),
    ],
)  # fmt: skip
def test_the_files_of_real_laboratories(test_data, file, expected):
    names = read_trc(test_data / file).names
    found = landmark_markers(names)
    assert {landmark: found[landmark] for landmark in expected} == expected
    assert len(found) == (14 if "walk" in file else 16)


def test_a_sacrum_is_as_good_as_two_posterior_spines(test_data):
    names = [name for name in read_trc(test_data / "gait/motion_capture_walk.trc").names if "PSIS" not in name]
    assert pelvis_markers(names) == ("R.ASIS", "L.ASIS", ("S2",))
    assert pelvis_markers([name for name in names if name != "S2"]) is None


def test_qualisys_names_of_the_cast_protocol():
    found = landmark_markers(["R_FLE", "R_FME", "R_FAL", "R_TAM", "R_FCC", "R_IAS", "L_SAE"])
    assert found == {
        "right_knee": ("R_FLE", "R_FME"), "right_ankle": ("R_FAL", "R_TAM"), "right_heel": ("R_FCC",),
        "left_shoulder": ("L_SAE",),
    }  # fmt: skip


@given(
    part=st.sampled_from(sorted(MARKERS)), side=st.sampled_from(["right", "left"]),
    gap=st.sampled_from(["", "_", ".", " ", "-"]), case=st.sampled_from([str.upper, str.lower, str.title]),
    spelling=st.integers(0, 30),
    form=st.sampled_from(["{s}{gap}{part}", "{side}{gap}{part}", "{part}_{s}", "{part}{gap}{side}"]),
)  # fmt: skip
def test_a_name_is_recognised_with_its_side_before_or_behind_and_any_separator(part, side, gap, case, spelling, form):
    alone = [names[0] for names in MARKERS[part] if len(names) == 1]
    name = case(form.format(s=side[0], side=side, gap=gap, part=alone[spelling % len(alone)]))
    assert landmark_markers([name]) == {f"{side}_{part}": (name,)}


@pytest.mark.parametrize(
    "name",
    ["heel", "toe", "Head", "RASI", "LTHI", "r_shank_antsup", "C7", "STRN", "Lateral", "rib", "L_wand1", "hip"],
)
def test_other_names_are_no_landmark(name):
    assert landmark_markers([name]) == {}


@pytest.mark.parametrize(
    ("name", "parts"),
    [("P01:RKNE", ("P01", "RKNE")), ("RKNE", ("", "RKNE")), ("a:b:RKNE", ("a:b", "RKNE")), ("odd:", ("", "odd:")),
     (" Anna : RKNE ", ("Anna", "RKNE"))],
)  # fmt: skip
def test_a_subjects_name_stands_before_a_colon(name, parts):
    assert split_subject(name) == parts
