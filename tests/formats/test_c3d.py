import subprocess
import sys

import ezc3d
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from schemas.pose_tables import properties

from neuropose_ray.errors import InputError, OutputError
from neuropose_ray.formats.c3d import write_c3d
from neuropose_ray.formats.c3d_reader import read_c3d
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.schemas.motion_series import MotionEvent

NAMES = ("nose", "left_knee")
NUMBERS = st.floats(-(2.0**20), 2.0**20, width=32)


def ones(frames=3):
    return Trajectories(NAMES, 60.0, 0.0, np.ones((frames, 2, 3)))


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 4), st.just(2), st.just(3)), elements=NUMBERS), st.data())
@settings(properties, max_examples=15)
def test_every_float32_comes_back_and_a_missing_point_is_missing(tmp_path, values, data):
    positions = values.astype(np.float64)
    positions[data.draw(hnp.arrays(np.bool_, positions.shape[:2]))] = np.nan
    write_c3d(tmp_path / "a.c3d", Trajectories(NAMES, 60.0, 0.0, positions))
    read = read_c3d(tmp_path / "a.c3d")
    assert (read.names, read.rate_hz, read.start_s) == (NAMES, 60, 0)
    np.testing.assert_array_equal(read.positions, positions)


def test_the_library_of_the_format_reads_labels_units_rate_axes_and_residuals(tmp_path):
    positions = np.arange(18.0).reshape(3, 2, 3)
    positions[1, 0] = np.nan
    write_c3d(tmp_path / "a.c3d", Trajectories(NAMES, 29.97003, 0.0, positions))
    document = ezc3d.c3d(str(tmp_path / "a.c3d"))
    point = {name: entry["value"] for name, entry in document["parameters"]["POINT"].items() if "value" in entry}
    assert (point["LABELS"], point["UNITS"], point["X_SCREEN"], point["Y_SCREEN"]) == (
        list(NAMES), ["mm"], ["+X"], ["+Y"],
    )  # fmt: skip
    assert point["RATE"][0] == pytest.approx(29.97003, rel=1e-7)
    assert (point["USED"][0], point["FRAMES"][0]) == (2, 3)
    assert document["parameters"]["NEUROPOSE_RAY"]["AXES"]["value"][0].startswith("x right, y up, z towards")
    assert document["header"]["points"]["first_frame"] == 0
    np.testing.assert_array_equal(document["data"]["meta_points"]["residuals"][0], [[0, -1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(document["data"]["points"][:3, 1].T, positions[:, 1])


def test_more_frames_than_the_format_counts_are_refused(tmp_path):
    with pytest.raises(InputError, match="65536 frames are more than the 65535"):
        write_c3d(tmp_path / "a.c3d", Trajectories(("a",), 60.0, 0.0, np.ones((65536, 1, 3))))


def test_a_full_disk_is_one_line_and_the_old_file_stays(tmp_path):
    (tmp_path / "a.c3d").write_text("old")
    # In a process of its own: the limit holds for all files of a process, also for those of Ray and of the tests.
    program = (
        "import resource, signal, sys\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from neuropose_ray.errors import OutputError\n"
        "from neuropose_ray.formats.c3d import write_c3d\n"
        "from neuropose_ray.formats.trajectories import Trajectories\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    write_c3d(Path(sys.argv[1]), Trajectories(('a', 'b'), 60.0, 0.0, np.ones((1000, 2, 3))))\n"
        "except OutputError as error:\n"
        "    print(error)\n"
    )
    run = [sys.executable, "-c", program, str(tmp_path / "a.c3d")]
    printed = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert "cannot be written" in printed
    assert len(printed.splitlines()) == 1
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.c3d", "old")]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError, match="cannot be written"):
        write_c3d(tmp_path / "file" / "a.c3d", ones())


@pytest.mark.parametrize(("start_s", "first"), [(0.0, 0), (3.52, 704), (1 / 60, 3), (-1.0, 0)])
def test_the_time_of_the_first_frame_is_kept_as_its_number(tmp_path, start_s, first):
    write_c3d(tmp_path / "a.c3d", Trajectories(("a",), 200.0, start_s, np.ones((3, 1, 3))))
    points = ezc3d.c3d(str(tmp_path / "a.c3d"))["header"]["points"]
    assert (points["first_frame"], points["last_frame"]) == (first, first + 2)
    assert read_c3d(tmp_path / "a.c3d").start_s == pytest.approx(max(0, start_s), abs=0.5 / 200)


def test_a_recording_that_begins_too_late_for_16_bits_is_refused(tmp_path):
    with pytest.raises(InputError, match="frames up to the 65537th are more than the 65535"):
        write_c3d(tmp_path / "a.c3d", Trajectories(("a",), 100.0, 655.34, np.ones((3, 1, 3))))


EVENTS = st.lists(
    st.builds(
        MotionEvent,
        st.floats(0, 900),
        st.sampled_from(["heel strike", "toe-off", "repetition start"]),
        st.sampled_from(["left", "right", "both"]),
    ),
    max_size=600,
)


@given(EVENTS, st.sampled_from([0.0, 3.52, -1.0]))
@settings(properties, max_examples=15)
def test_gait_events_come_back_with_their_times_sides_and_labels(tmp_path, events, start_s):
    write_c3d(tmp_path / "a.c3d", Trajectories(("a",), 200.0, start_s, np.ones((3, 1, 3))), events)
    parameters = ezc3d.c3d(str(tmp_path / "a.c3d"))["parameters"]
    steps = [event for event in events if event.name != "repetition start" and event.side != "both"]
    if not steps:
        assert "EVENT" not in parameters
        return
    group = {name: entry["value"] for name, entry in parameters["EVENT"].items() if "value" in entry}
    numbers = ["", "2", "3"][: -(-len(steps) // 255)]
    times = np.concatenate([group[f"TIMES{number}"] for number in numbers], axis=1)
    assert group["USED"].tolist() == [len(steps)]
    # The first frame is at its number over the rate, and a time before 0 is moved to 0 with all others.
    shift_s = max(0.0, start_s) - start_s
    np.testing.assert_allclose(times[0] * 60 + times[1], [event.time_s + shift_s for event in steps], atol=1e-4)
    assert (times[1] < 60).all()
    labels = [label for number in numbers for label in group[f"LABELS{number}"]]
    assert labels == [{"heel strike": "Foot Strike", "toe-off": "Foot Off"}[event.name] for event in steps]
    contexts = [context for number in numbers for context in group[f"CONTEXTS{number}"]]
    assert contexts == [event.side.capitalize() for event in steps]


def test_the_axes_say_whether_the_floor_is_at_0(tmp_path):
    for on_floor, said in ((True, "y up from the floor"), (False, "origin at the camera")):
        points = Trajectories(("a",), 200.0, 0.0, np.ones((3, 1, 3)), on_floor=on_floor)
        write_c3d(tmp_path / "a.c3d", points)
        axes = ezc3d.c3d(str(tmp_path / "a.c3d"))["parameters"]["NEUROPOSE_RAY"]["AXES"]["value"][0]
        assert said in axes
