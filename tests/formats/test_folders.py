import signal
import subprocess
import sys
from pathlib import Path

import pytest

from neuropose_ray.errors import OutputError
from neuropose_ray.formats import folders
from neuropose_ray.formats.folders import atomic_folder, require_free

#: Replaces a folder; killed before the n-th call of the system that Python audits. Prints how each try ended.
KILLED_WHILE_REPLACING = """
import itertools, os, signal, sys
from pathlib import Path
from neuropose_ray.formats.folders import atomic_folder

out, left, armed = Path(sys.argv[1]), 0, False

def hook(event, arguments):
    global left, armed
    if armed:
        left -= 1
        if left < 0:
            armed = False  # the call that kills is audited too
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
for number in itertools.count():
    child = os.fork()
    if not child:
        left = number
        with atomic_folder(out, ours="*.txt") as temporary:
            for name in ("a.txt", "b.txt"):
                (temporary / name).write_text(str(number))
            armed = True
        armed = False
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    there = sorted((file.name, file.read_text()) for file in out.iterdir()) if out.exists() else None
    print(os.WTERMSIG(status), there is not None and len(there) == 2 and there[0][1] == there[1][1], there)
    if not status:
        break
"""


def write(path, text, files=("a_keypoints.json",)):
    with atomic_folder(path, ours="*_keypoints.json") as temporary:
        for file in files:
            (temporary / file).write_text(text)


def test_an_earlier_export_is_replaced_with_all_its_files(tmp_path):
    write(tmp_path / "new" / "out", "old", files=("a_keypoints.json", "b_keypoints.json"))
    write(tmp_path / "new" / "out", "new")
    assert [(file.name, file.read_text()) for file in (tmp_path / "new" / "out").iterdir()] == [
        ("a_keypoints.json", "new")
    ]
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["out"]


def test_after_an_error_nothing_has_changed(tmp_path):
    write(tmp_path / "out", "old")

    def fail():
        with atomic_folder(tmp_path / "out", ours="*_keypoints.json") as temporary:
            (temporary / "a_keypoints.json").write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (tmp_path / "out" / "a_keypoints.json").read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["folder", "file", "file/out"])
def test_what_others_put_there_stays(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OutputError):
        write(tmp_path / name, "new")
    assert (tmp_path / "folder" / "thesis.txt").read_text() == (tmp_path / "file").read_text() == "precious"


def test_a_path_is_free_where_nothing_or_an_empty_folder_is(tmp_path):
    (tmp_path / "empty").mkdir()
    require_free(tmp_path / "empty", overwrite=False)
    require_free(tmp_path / "nothing", overwrite=False)
    (tmp_path / "empty" / "file").write_text("precious")
    for taken in (tmp_path / "empty", tmp_path / "empty" / "file"):
        with pytest.raises(OutputError, match="give --overwrite to replace it"):
            require_free(taken, overwrite=False)
        require_free(taken, overwrite=True)


@pytest.mark.skipif(sys.platform != "linux", reason="names are exchanged at once on Linux alone")
def test_a_folder_is_whole_at_any_moment_at_which_its_replacing_is_killed(tmp_path):
    write(tmp_path / "out", "old", files=("a.txt", "b.txt"))
    command = [sys.executable, "-c", KILLED_WHILE_REPLACING, str(tmp_path / "out")]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    ends = [line.split(maxsplit=2)[:2] for line in lines]
    assert ends[-1] == ["0", "True"]
    assert ends[:-1] == [[str(int(signal.SIGKILL)), "True"]] * (len(ends) - 1), lines
    assert len(ends) > 4


def test_a_folder_is_replaced_too_where_names_cannot_be_exchanged(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_exchange", lambda _one, _other: False)
    write(tmp_path / "out", "old", files=("a_keypoints.json", "b_keypoints.json"))
    write(tmp_path / "out", "new")
    assert [path.relative_to(tmp_path) for path in sorted(tmp_path.rglob("*"))] == [
        Path("out"),
        Path("out/a_keypoints.json"),
    ]
