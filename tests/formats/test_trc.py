import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from schemas.pose_tables import properties

from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.formats.trc import write_trc
from neuropose_ray.formats.trc_reader import read_trc

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
