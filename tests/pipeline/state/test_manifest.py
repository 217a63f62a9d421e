from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow, ManifestWriter


def rows(count: int) -> list[ManifestRow]:
    return [
        ManifestRow(f"v{number}", f"/in/v{number}.mp4", "planned", frames=number, chunks=1, duration_s=number / 30)
        for number in range(count)
    ]


def parts(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_rows_come_back_as_they_were_in_their_order(tmp_path: Path):
    with ManifestWriter(tmp_path) as writer:
        writer.add(rows(10))
    assert list(Manifest.read(tmp_path)) == rows(10)
    assert list(Manifest.of(iter(rows(10)))) == rows(10)


def test_a_row_is_found_by_its_name(tmp_path: Path):
    manifest = Manifest.of(rows(10))
    assert manifest.rows(["v7", "nobody", "v0"]) == [rows(10)[7], None, rows(10)[0]]
    assert manifest.rows(["nobody"]) == [None]
    assert manifest.row("v3") == rows(10)[3]
    with pytest.raises(KeyError):
        manifest.row("nobody")


def test_a_name_is_in_memory_once_however_many_manifests_know_it():
    ours, earlier = (Manifest.of(rows(10)).owners() for _ in range(2))
    assert all(one is other for one, other in zip(ours, earlier, strict=True))


def test_sums_are_over_the_states_asked_for():
    some = rows(4)
    some[1] = replace(some[1], state="completed")
    manifest = Manifest.of(some)
    assert manifest.total("frames", "planned") == 0 + 2 + 3
    assert manifest.total("frames", "completed", "planned") == 6
    assert manifest.total("duration_s", "completed") == pytest.approx(1 / 30)
    assert (manifest.count("planned"), manifest.count("failed")) == (3, 0)
    assert Manifest.of([]).total("frames", "planned") == 0


def test_the_last_row_of_a_name_counts(tmp_path: Path):
    writer = ManifestWriter(tmp_path)
    writer.add(rows(3))
    writer.flush()
    writer.add([replace(rows(3)[1], state="completed")])
    writer.flush()
    manifest = Manifest.read(tmp_path)
    assert (len(manifest), manifest.row("v1").state) == (3, "completed")
    assert manifest.total("frames", "planned") == 2
    writer.compact()
    assert parts(tmp_path) == ["part-000003.parquet"]
    assert list(Manifest.read(tmp_path)) == list(manifest)


def test_many_rows_are_written_before_the_run_ends(tmp_path: Path):
    ManifestWriter(tmp_path).add(rows(5000))
    assert len(Manifest.read(tmp_path)) == 5000


def test_a_damaged_part_costs_its_rows_alone(tmp_path: Path):
    writer = ManifestWriter(tmp_path)
    writer.add(rows(2))
    writer.flush()
    (tmp_path / "part-000002.parquet").write_bytes(b"PAR1")
    assert len(Manifest.read(tmp_path)) == 2
    assert len(Manifest.read(tmp_path / "nowhere")) == 0


def test_rows_of_another_version_are_not_taken_for_ones_of_this(tmp_path: Path):
    import pyarrow as pa
    from pyarrow import parquet as pq

    pq.write_table(pa.table({"name": ["a"], "path": ["a.mp4"]}), tmp_path / "part-000001.parquet")
    writer = ManifestWriter(tmp_path)
    writer.add(rows(1))
    writer.compact()
    assert list(Manifest.read(tmp_path)) == rows(1)


STATES = ("planned", "completed", "partial", "failed")
ANY_ROW = st.builds(
    ManifestRow,
    name=st.sampled_from("abcdef"),
    path=st.sampled_from(["", "/in/李.mp4"]),
    state=st.sampled_from(STATES),
    frames=st.integers(0, 9),
    chunks=st.integers(0, 2),
)


@given(st.lists(ANY_ROW, max_size=12), st.sets(st.sampled_from(STATES)))
def test_counts_and_totals_are_those_of_the_last_row_of_every_name(given_rows: list[ManifestRow], states: set[str]):
    last = {row.name: row for row in given_rows}
    manifest, chosen = Manifest.of(given_rows), [row for row in last.values() if row.state in states]
    assert manifest.count(*states) == len(chosen)
    assert manifest.total("frames", *states) == sum(row.frames for row in chosen)
    assert {row.name: row for row in manifest} == last
    kept = [row.name for row in last.values() if row.poses_are_kept]
    assert sorted(row.name for row in manifest.with_kept_poses()) == sorted(kept)
