import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from schemas.pose_tables import properties

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.evaluate.reference import read_reference
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.formats.trc import read_trc, write_trc

NAMES = ("nose", "left_knee", "right_knee")
NUMBERS = st.floats(-1e5, 1e5)


@st.composite
def trajectories(draw):
    frames = draw(st.integers(1, 5))
    positions = draw(hnp.arrays(np.float64, (frames, 3, 3), elements=NUMBERS))
    positions[draw(hnp.arrays(np.bool_, (frames, 3)))] = np.nan
    return Trajectories(NAMES, draw(st.sampled_from([5.0, 29.97003, 60.0])), draw(st.floats(0, 10)), positions)


def cells(text):
    """A line as OpenSim's reader splits it: at every tab, without what is empty behind the last one."""
    parts = text.split("\t")
    return parts[:-1] if parts[-1] == "" else parts


@given(trajectories())
@settings(properties, max_examples=15)
def test_what_is_written_is_read_to_the_fourth_decimal(tmp_path, points):
    write_trc(tmp_path / "a.trc", points)
    read = read_trc(tmp_path / "a.trc")
    assert (read.names, read.rate_hz, read.units) == (NAMES, points.rate_hz, "mm")
    assert read.start_s == pytest.approx(points.start_s, abs=1e-8)
    np.testing.assert_allclose(read.positions, points.positions, atol=0.5001e-4, rtol=0)


@given(trajectories())
@settings(properties, max_examples=15)
def test_the_header_is_what_opensim_insists_on(tmp_path, points):
    """The checks of OpenSim's TRCFileAdapter, line by line."""
    write_trc(tmp_path / "a.trc", points)
    lines = (tmp_path / "a.trc").read_text().split("\n")
    frames, width = len(points.positions), 2 + 3 * len(NAMES)
    assert cells(lines[0]) == ["PathFileType", "4", "(X/Y/Z)", "a.trc"]
    assert cells(lines[1]) == [
        "DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame",
        "OrigNumFrames",
    ]  # fmt: skip
    values = cells(lines[2])
    assert (float(values[0]), values[2:5], values[6:]) == (
        points.rate_hz, [str(frames), "3", "mm"], ["1", str(frames)],
    )  # fmt: skip
    assert [cell for cell in cells(lines[3]) if cell] == ["Frame#", "Time", *NAMES]
    assert cells(lines[4])[2:] == [f"{axis}{marker}" for marker in (1, 2, 3) for axis in "XYZ"]
    assert lines[5] == ""
    rows = [cells(line) for line in lines[6 : 6 + frames]]
    assert all(len(row) == width for row in rows)
    assert [int(row[0]) for row in rows] == list(range(1, frames + 1))
    np.testing.assert_allclose([float(row[1]) for row in rows], points.times_s, atol=1e-8)
    known = np.isfinite(points.positions).all(-1)
    for marker, column in enumerate(range(2, width, 3)):
        assert [all(row[column : column + 3]) for row in rows] == known[:, marker].tolist()
    assert lines[6 + frames :] == [""]


def test_pixels_say_so(tmp_path):
    write_trc(tmp_path / "a.trc", Trajectories(("a",), 30.0, 0.0, np.ones((2, 1, 3)), units="px"))
    assert read_trc(tmp_path / "a.trc").units == "px"
    assert (tmp_path / "a.trc").read_text().split("\n")[2].split("\t")[4] == "px"


def test_a_marker_file_of_opencap(test_data):
    points = read_trc(test_data / "opencap" / "default_markers.trc")
    assert (points.positions.shape, points.rate_hz, points.start_s) == ((861, 51, 3), 100, 0)
    assert points.names[:2] == ("r_knee", "r_shank_antsup")
    np.testing.assert_allclose(points.positions[0, 0], [-248.34546, 589.07155, -348.34278])
    assert 300 < np.nanmean(points.positions[:, points.names.index("r_knee"), 1]) < 600


def test_metres_become_millimetres_as_in_the_reference_of_evaluate(test_data):
    path = test_data / "pose2sim_single" / "balancing_0-100.trc"
    points, reference = read_trc(path), read_reference(path)
    assert (points.rate_hz, points.start_s) == (60, pytest.approx(1 / 60))
    np.testing.assert_allclose(points.times_s, reference.timestamps_s)
    hip = points.positions[:, points.names.index("RHip")]
    assert (np.abs(reference.limbs - hip[:, None]).max(-1) < 1e-9).all(0).any()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PathFileType", "Frames"), ("\tmm\t", "\tinch\t"), ("NumFrames", "Frames"), ("2\t0.03333333", "2\t0.5"),
        ("1.0000\t\n", "1.0000\t7\n"), ("3\t0.06666667", "3\tsoon"), ("\n30\t", "\n0\t"),
        ("\t3\t1\tmm", "\t4\t1\tmm"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_one_line(tmp_path, old, new):
    write_trc(tmp_path / "a.trc", Trajectories(("a",), 30.0, 0.0, np.ones((3, 1, 3))))
    text = (tmp_path / "a.trc").read_text()
    assert old in text
    (tmp_path / "a.trc").write_text(text.replace(old, new, 1))
    with pytest.raises(FileFormatError, match="not a TRC file"):
        read_trc(tmp_path / "a.trc")


def test_no_file_is_one_line(tmp_path):
    with pytest.raises(InputNotFoundError):
        read_trc(tmp_path / "a.trc")
    with pytest.raises(FileFormatError):
        read_trc(tmp_path)
