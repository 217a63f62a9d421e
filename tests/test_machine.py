import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.machine import ControlGroups, allowed_cpus, free_shared_memory, usable_cpus, usable_memory

GIB = 1 << 30


@pytest.fixture
def groups(tmp_path):
    """Writes a control group tree: ``groups("0::/a", {"a/memory.max": "1"})``."""

    def write(own, files):
        (tmp_path / "own").write_text(own + "\n")
        for name, text in files.items():
            path = tmp_path / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")
        return ControlGroups(tmp_path / "own", tmp_path / "root")

    return write


def test_without_control_groups_the_machine_is_the_limit(tmp_path):
    nowhere = ControlGroups(tmp_path / "absent", tmp_path)
    memory = usable_memory(8 * GIB, 5 * GIB, nowhere)
    assert (memory.limit_bytes, memory.available_bytes) == (8 * GIB, 5 * GIB)
    assert usable_cpus(8, nowhere) == 8


def test_version_2_limits_memory_and_page_cache_is_not_counted_as_used(groups):
    files = {
        "pod/memory.max": 4 * GIB,
        "pod/memory.current": 3 * GIB,
        "pod/memory.stat": f"anon 1\ninactive_file {GIB}",
    }
    memory = usable_memory(64 * GIB, 50 * GIB, groups("0::/pod", files))
    assert (memory.limit_bytes, memory.available_bytes) == (4 * GIB, 2 * GIB)


def test_version_1_limits_memory(groups):
    files = {
        "memory/docker/1/memory.limit_in_bytes": 2 * GIB,
        "memory/docker/1/memory.usage_in_bytes": GIB,
        "memory/docker/1/memory.stat": f"inactive_file 7\ntotal_inactive_file {GIB // 2}",
        "memory/memory.limit_in_bytes": 9223372036854771712,
    }
    memory = usable_memory(64 * GIB, 50 * GIB, groups("5:cpu,cpuacct:/\n4:memory:/docker/1\n0::/", files))
    assert (memory.limit_bytes, memory.available_bytes) == (2 * GIB, 3 * GIB // 2)


def test_the_tightest_of_the_ancestors_holds(groups):
    files = {"a/memory.max": GIB, "a/memory.current": 0, "a/b/memory.max": "max", "a/b/memory.current": 0}
    assert usable_memory(8 * GIB, 8 * GIB, groups("0::/a/b", files)).limit_bytes == GIB


def test_a_container_that_sees_only_its_own_group_as_root_is_understood(groups):
    """Docker without a control group namespace: the path is the host's, the mounted tree is the container's."""
    files = {"memory.max": GIB, "memory.current": GIB // 4}
    memory = usable_memory(8 * GIB, 8 * GIB, groups("0::/docker/on-the-host", files))
    assert (memory.limit_bytes, memory.available_bytes) == (GIB, GIB - GIB // 4)


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/", {"cpu.max": "150000 100000"}, 1),
        ("0::/", {"cpu.max": "max 100000"}, 8),
        ("0::/", {"cpu.max": "50000 100000"}, 1),
        ("3:cpu,cpuacct:/", {"cpu/cpu.cfs_quota_us": 400000, "cpu/cpu.cfs_period_us": 100000}, 4),
        ("3:cpu:/", {"cpu/cpu.cfs_quota_us": -1, "cpu/cpu.cfs_period_us": 100000}, 8),
    ],
)
def test_a_cpu_quota_counts_in_whole_cores(groups, own, files, expected):
    assert usable_cpus(8, groups(own, files)) == expected


@given(limit=st.integers(0, 2**40), used=st.integers(0, 2**40), cache=st.integers(0, 2**40))
def test_what_is_free_is_never_negative_and_never_more_than_the_machine_has(tmp_path_factory, limit, used, cache):
    root = tmp_path_factory.mktemp("cgroup")
    (root / "own").write_text("0::/\n")
    for name, number in {"memory.max": limit, "memory.current": used}.items():
        (root / name).write_text(str(number))
    (root / "memory.stat").write_text(f"inactive_file {cache}")
    memory = usable_memory(8 * GIB, 5 * GIB, ControlGroups(root / "own", root))
    assert 0 <= memory.available_bytes <= 5 * GIB
    assert 0 <= memory.limit_bytes <= 8 * GIB


def test_this_machine_has_cores_and_perhaps_shared_memory(tmp_path):
    assert allowed_cpus() >= 1
    assert free_shared_memory(tmp_path) > 0
    assert free_shared_memory(tmp_path / "absent") is None
