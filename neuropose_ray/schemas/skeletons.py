"""The skeletons that are known by name: BlazePose's, and those that MeTRAbs's users ask for most.

A pose model brings its own skeleton; these tables serve where only a name or a number of joints is at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

#: The short joint names of MeTRAbs for the landmarks of :data:`~neuropose_ray.schemas.skeleton.LANDMARKS`.
_SHORT_PARTS = MappingProxyType(
    {"hip": "hip", "knee": "kne", "ankle": "ank", "shoulder": "sho", "elbow": "elb", "wrist": "wri", "toe": "toe"}
)


def _edges(names: tuple[str, ...], text: str) -> tuple[tuple[int, int], ...]:
    pairs = (edge.split("-") for edge in text.split())
    return tuple((names.index(start), names.index(end)) for start, end in pairs)


def _skeleton(name: str, names: str, edges: str, landmark_joints: Mapping[str, str]) -> Skeleton:
    """A table from text; ``landmark_joints`` maps a landmark's part ("hip") to its joint.

    In the joint's name ``{side}`` stands for "left" or "right", ``{s}`` for the first letter.
    """
    joints = tuple(names.split())
    landmarks = {}
    for landmark in LANDMARKS:
        side, part = landmark.split("_")
        if part in landmark_joints:
            landmarks[landmark] = landmark_joints[part].format(side=side, s=side[0])
    return Skeleton(name=name, joint_names=joints, edges=_edges(joints, edges), landmarks=landmarks)


#: MediaPipe's 33 landmarks and its POSE_CONNECTIONS. The toe is the tip of the foot's index.
BLAZEPOSE_33 = _skeleton(
    "blazepose_33",
    """
    nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer left_ear right_ear
    mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist
    left_pinky right_pinky left_index right_index left_thumb right_thumb left_hip right_hip left_knee right_knee
    left_ankle right_ankle left_heel right_heel left_foot_index right_foot_index
    """,
    """
    nose-left_eye_inner left_eye_inner-left_eye left_eye-left_eye_outer left_eye_outer-left_ear
    nose-right_eye_inner right_eye_inner-right_eye right_eye-right_eye_outer right_eye_outer-right_ear
    mouth_left-mouth_right left_shoulder-right_shoulder left_shoulder-left_hip right_shoulder-right_hip
    left_hip-right_hip
    left_shoulder-left_elbow left_elbow-left_wrist left_wrist-left_pinky left_wrist-left_index
    left_wrist-left_thumb left_pinky-left_index
    right_shoulder-right_elbow right_elbow-right_wrist right_wrist-right_pinky right_wrist-right_index
    right_wrist-right_thumb right_pinky-right_index
    left_hip-left_knee left_knee-left_ankle left_ankle-left_heel left_heel-left_foot_index left_ankle-left_foot_index
    right_hip-right_knee right_knee-right_ankle right_ankle-right_heel right_heel-right_foot_index
    right_ankle-right_foot_index
    """,
    {part: f"{{side}}_{part}" for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist", "heel")}
    | {"toe": "{side}_foot_index"},
)

#: NeuroPose's skeleton. Its joints are motion-capture markers on skin and clothes, not centres of joints: the hip
#: is the marker on the side of the pelvis, the shoulder the first of two, heel and toe are markers on the shoe.
BERKELEY_MHAD_43 = _skeleton(
    "berkeley_mhad_43",
    """
    head lhead rhead rback backl backt lback lside bell chest rside lsho1 lsho2 larm lelb lwri lhan1 lhan2 lhan3
    rsho1 rsho2 rarm relb rwri rhan1 rhan2 rhan3 lhipb lhipf lhipl lleg lkne lank lhee lfoo
    rhipb rhipf rhipl rleg rkne rank rhee rfoo
    """,
    """
    head-lhead lsho1-lsho2 lsho2-larm larm-lelb lelb-lwri lwri-lhan1 lwri-lhan2 lwri-lhan3
    head-rhead rsho1-rsho2 rsho2-rarm rarm-relb relb-rwri rwri-rhan1 rwri-rhan2 rwri-rhan3
    lsho1-rsho1
    lhipb-lhipl lhipf-lhipl lhipf-lleg lleg-lkne lkne-lank lank-lhee lhee-lfoo
    rhipb-rhipl rhipf-rhipl rhipf-rleg rleg-rkne rkne-rank rank-rhee rhee-rfoo
    lhipb-rhipb bell-lside bell-rside lside-lhipf rside-rhipf bell-chest
    backl-lback backl-rback backl-backt lback-lhipb rback-rhipb
    """,
    {"hip": "{s}hipl", "knee": "{s}kne", "ankle": "{s}ank", "shoulder": "{s}sho1", "elbow": "{s}elb",
     "wrist": "{s}wri", "heel": "{s}hee", "toe": "{s}foo"},
)  # fmt: skip

#: The joints of the SMPL body model along its kinematic tree; no heel.
SMPL_24 = _skeleton(
    "smpl_24",
    """
    pelv lhip rhip spi1 lkne rkne spi2 lank rank spi3 ltoe rtoe neck lcla rcla head lsho rsho lelb relb lwri rwri
    lhan rhan
    """,
    """
    pelv-lhip lhip-lkne lkne-lank lank-ltoe pelv-rhip rhip-rkne rkne-rank rank-rtoe
    pelv-spi1 spi1-spi2 spi2-spi3 spi3-neck neck-head
    spi3-lcla lcla-lsho lsho-lelb lelb-lwri lwri-lhan spi3-rcla rcla-rsho rsho-relb relb-rwri rwri-rhan
    """,
    {part: f"{{s}}{short}" for part, short in _SHORT_PARTS.items()},
)

#: COCO's joints with neck and pelvis, as CMU Panoptic has them; no heel, no toe.
COCO_19 = _skeleton(
    "coco_19",
    "neck nose pelv lsho lelb lwri lhip lkne lank rsho relb rwri rhip rkne rank leye lear reye rear",
    """
    neck-nose neck-pelv nose-leye leye-lear nose-reye reye-rear
    neck-lsho lsho-lelb lelb-lwri pelv-lhip lhip-lkne lkne-lank
    neck-rsho rsho-relb relb-rwri pelv-rhip rhip-rkne rkne-rank
    """,
    {part: f"{{s}}{short}" for part, short in _SHORT_PARTS.items() if part != "toe"},
)

#: The 17 joints on which Human3.6M is scored; no heel, no toe.
H36M_17 = _skeleton(
    "h36m_17",
    "pelv rhip rkne rank lhip lkne lank spin neck head htop lsho lelb lwri rsho relb rwri",
    """
    pelv-rhip rhip-rkne rkne-rank pelv-lhip lhip-lkne lkne-lank pelv-spin spin-neck neck-head head-htop
    neck-lsho lsho-lelb lelb-lwri neck-rsho rsho-relb relb-rwri
    """,
    {part: f"{{s}}{short}" for part, short in _SHORT_PARTS.items() if part != "toe"},
)

#: Every known skeleton by its name.
KNOWN_SKELETONS: Mapping[str, Skeleton] = MappingProxyType(
    {skeleton.name: skeleton for skeleton in (BLAZEPOSE_33, BERKELEY_MHAD_43, SMPL_24, COCO_19, H36M_17)}
)


def known_skeleton(name: str) -> Skeleton:
    """The skeleton of that name.

    Raises:
        KeyError: there is none; the message lists those there are.
    """
    if name not in KNOWN_SKELETONS:
        raise KeyError(f"unknown skeleton {name!r}; known are {', '.join(KNOWN_SKELETONS)}")
    return KNOWN_SKELETONS[name]


def skeleton_for_joint_count(joints: int) -> Skeleton:
    """The skeleton of poses that were stored without one, as NeuroPose stores them.

    A count that one skeleton alone has among MeTRAbs's and BlazePose's (24, 33, 43) gives that skeleton; any
    other gives a skeleton whose joints are numbered, without edges or landmarks.
    """
    for skeleton in (BERKELEY_MHAD_43, BLAZEPOSE_33, SMPL_24):
        if len(skeleton) == joints:
            return skeleton
    return Skeleton(name=f"unnamed_{joints}", joint_names=tuple(f"joint_{index}" for index in range(joints)))
