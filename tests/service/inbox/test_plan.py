"""Which jobs an archive becomes, and which of them would fall together."""

import pickle
from pathlib import Path

import pytest
from support.archives import take, zipped

from neuropose_ray.errors import (
    JobCollisionError,
)
from neuropose_ray.service.data_folder import DataFolder


def test_litter_of_a_mac_is_no_video(tmp_path: Path, data: DataFolder):
    files = {"walk.mp4": b"1", "__MACOSX/._walk.mp4": b"2", ".hidden/run.mp4": b"3"}
    assert [job.job_name for job in take(zipped(tmp_path / "a.zip", files), data).ingested] == ["walk"]


def test_all_collisions_are_listed_and_nothing_is_placed(tmp_path: Path, data: DataFolder):
    archive = zipped(tmp_path / "a.zip", {"a.mp4": b"1", "b.mp4": b"1", "c.mp4": b"1"})
    data.create()
    (data.inbox / "a").mkdir()
    (data.inbox / "C").mkdir()
    with pytest.raises(JobCollisionError) as caught:
        take(archive, data)
    assert caught.value.collisions == ("a", "c")
    assert pickle.loads(pickle.dumps(caught.value)).collisions == ("a", "c")
    assert sorted(path.name for path in data.inbox.iterdir()) == ["C", "a"]
    twins = zipped(tmp_path / "twins.zip", {"x/walk.mp4": b"1", "x_Walk.mov": b"2", "run.mp4": b"3"})
    with pytest.raises(JobCollisionError) as caught:
        take(twins, data)
    assert caught.value.collisions == ("x_walk", "x_Walk")


def test_names_in_all_scripts_give_jobs_of_their_own(tmp_path: Path, data: DataFolder):
    names = ["李", "王", "Müller", "Möller", "Ωμέγα", "иван", "हिन्दी", "مشي", "جري", "🏃", "🚶"]
    take(zipped(tmp_path / "a.zip", {f"{name}.mp4": name.encode() for name in names}), data)
    assert sorted(path.name for path in data.inbox.iterdir()) == sorted(names)
    assert {next(path.iterdir()).read_bytes().decode() for path in data.inbox.iterdir()} == set(names)


def test_one_name_in_both_forms_of_unicode_is_a_collision(tmp_path: Path, data: DataFolder):
    folder = tmp_path / "videos"
    folder.mkdir()
    for name in ("Mu\u0308ller", "M\u00fcller"):
        (folder / f"{name}.mp4").write_bytes(b"1")
    with pytest.raises(JobCollisionError, match="Müller"):
        take(folder, data)
