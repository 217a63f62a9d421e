"""The split: subjects and near-duplicates stay on one side, whatever the order."""

from dataclasses import replace

import pytest
from formats.people import squatting
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.formats.datasets.kinds import Split
from neuropose_ray.formats.datasets.source import SourceFrame, SourceVideo
from neuropose_ray.formats.datasets.split import split_videos

TABLE, HEADER = squatting(frames=1)


def video(name, subject=None, frames=10, groups=()):
    each = [SourceFrame(index, index, 0.0, f"{name}/{index}.png") for index in range(frames)]
    each[: len(groups)] = [replace(frame, group=group) for frame, group in zip(each, groups, strict=False)]
    return SourceVideo(name, subject or name, tuple(each), (), TABLE, HEADER, {})


VIDEO = st.tuples(st.integers(0, 5), st.integers(3, 20), st.lists(st.sampled_from("abcdef"), max_size=2))


@given(st.lists(VIDEO, min_size=1, max_size=15), st.randoms())
@settings(max_examples=60)
def test_what_belongs_together_is_on_one_side(parts, random):
    videos = [video(f"v{n}", f"s{subject}", frames, groups) for n, (subject, frames, groups) in enumerate(parts)]
    plan = split_videos(videos, (0.6, 0.2, 0.2))
    for key in (lambda v: {v.subject}, lambda v: {frame.group for frame in v.frames if frame.group}):
        for first in videos:
            for second in videos:
                if key(first) & key(second):
                    assert plan.sides[first.name] == plan.sides[second.name]
    random.shuffle(videos)
    assert split_videos(videos, (0.6, 0.2, 0.2)).sides == plan.sides


def test_many_equal_videos_come_near_to_the_fractions():
    plan = split_videos([video(f"v{n:02}") for n in range(50)], (0.8, 0.1, 0.1))
    sides = list(plan.sides.values())
    assert [sides.count(side) for side in Split] == [40, 5, 5]
    assert plan.notes == ()


def test_one_video_is_on_one_side_and_a_note_says_what_is_missing():
    plan = split_videos([video("only")], (0.8, 0.1, 0.1))
    assert plan.sides == {"only": Split.TRAIN}
    assert plan.notes == (
        "nothing is left for val and test: 1 videos make 1 sets that belong together by their subjects or their "
        "near-duplicates",
    )


def test_a_side_of_no_fraction_gets_nothing():
    plan = split_videos([video(f"v{n}") for n in range(9)], (0.5, 0.5, 0.0))
    assert Split.TEST not in plan.sides.values()


@pytest.mark.parametrize("fractions", [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0)])
def test_everything_can_go_to_one_side(fractions):
    assert len(set(split_videos([video("a"), video("b")], fractions).sides.values())) == 1
