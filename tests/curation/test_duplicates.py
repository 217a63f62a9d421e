"""Near-duplicates: every member is near its representative, which is the sharpest, and ids are stable."""

import numpy as np
import pytest
from curation.pictures import blurred, darkened, scene, with_noise
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation import DuplicateSettings, FrameObserver, MetricRegistry, find_duplicates, hashes_of

REGISTRY = MetricRegistry.default()


def grouped(hashes, sharpness=None, valid=None, threshold=6):
    hashes = np.array(hashes, np.uint64)
    count = len(hashes)
    thumbnails = np.random.default_rng(0).integers(0, 256, (count, 1024)).astype(np.uint8)
    sharpness = np.zeros(count) if sharpness is None else np.array(sharpness, float)
    valid = np.ones(count, bool) if valid is None else np.array(valid)
    return find_duplicates(hashes, sharpness, valid, thumbnails, DuplicateSettings(hamming_threshold=threshold))


HASHES = st.lists(
    st.builds(lambda a, b: a ^ (1 << b), st.sampled_from([0, 2**40 - 1, 2**64 - 1]), st.integers(0, 63)), max_size=25
)


@given(HASHES, st.data())
@settings(max_examples=60)
def test_groups_are_what_their_definition_says(hashes, data):
    sharpness = data.draw(
        st.lists(st.sampled_from([1.0, 2.0, 3.0, float("nan")]), min_size=len(hashes), max_size=len(hashes))
    )
    result = grouped(hashes, sharpness)
    sharp = [-1 if np.isnan(value) else value for value in sharpness]
    for frame, leader in enumerate(result.representative.tolist()):
        if leader < 0:
            assert result.group_ids[frame] is None
            assert np.isnan(result.confidence[frame])
            continue
        assert (hashes[frame] ^ hashes[leader]).bit_count() <= 6
        assert (sharp[leader], -leader) >= (sharp[frame], -frame)
        assert result.group_ids[frame] == result.group_ids[leader] == f"{hashes[leader]:016x}"
    leaders = [frame for frame, leads in enumerate(result.leads()) if leads]
    assert all((hashes[a] ^ hashes[b]).bit_count() > 6 for a in leaders for b in leaders if a != b)
    counts = {leader: result.representative.tolist().count(leader) for leader in leaders}
    assert all(count > 1 for count in counts.values())


def test_ids_are_the_same_when_other_frames_come_before():
    first = grouped([5, 7, 2**50, 5], [1, 2, 1, 1])
    later = grouped([2**64 - 1, 2**64 - 2**9, 5, 7, 2**50, 5], [9, 9, 1, 2, 1, 1])
    assert first.group_ids == later.group_ids[2:]


def test_a_chain_is_not_one_group():
    chain = [(1 << length) - 1 for length in range(0, 40, 4)]
    result = grouped(chain)
    assert len(set(result.group_ids) - {None}) > 1
    assert all((chain[a] ^ chain[b]).bit_count() <= 6 for a, b in enumerate(result.representative.tolist()) if b >= 0)


def test_frames_without_a_hash_are_in_no_group():
    result = grouped([0, 0, 0], valid=[False, False, True])
    assert result.group_ids == (None, None, None)
    assert len(grouped([]).group_ids) == 0


def observed(pictures):
    observer = FrameObserver(REGISTRY)
    for frame, luma in enumerate(pictures):
        observer.observe(luma, frame, frame / 30)
    return observer.table()


def test_planted_duplicates_are_found_and_none_is_invented():
    unique = [scene(seed, 180, 320) for seed in range(30)]
    planted = [with_noise(unique[3], 1), blurred(unique[3], 1.5), darkened(unique[9], 0.8), unique[20]]
    faded = [np.full((180, 320), level, np.uint8) for level in (0, 2, 4, 0)]
    # The copies come from another video: groups span all of a run.
    found = hashes_of([observed(unique), observed([*planted, *faded])])
    result = find_duplicates(found.hashes, found.sharpness, found.valid, found.thumbnails)
    groups = {}
    for frame, name in enumerate(result.group_ids):
        if name is not None:
            groups.setdefault(name, set()).add(frame)
    assert sorted(map(sorted, groups.values())) == [[3, 30, 31], [9, 32], [20, 33]]
    members = np.flatnonzero(result.representative >= 0)
    assert result.confidence[members].min() > 0.95
    assert result.leads()[20]
    assert not result.leads()[31]


@pytest.mark.parametrize("threshold", [0, 2, 6])
def test_the_threshold_can_be_changed(threshold):
    result = grouped([0, 0b11, 0b111111], threshold=threshold)
    assert sum(name is not None for name in result.group_ids) == {0: 0, 2: 2, 6: 3}[threshold]
