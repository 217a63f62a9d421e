"""Marker files as laboratories, OpenSim, Pose2Sim and MOtoNMS write them: each imports, or says why not."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemas.pose_tables import properties

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.evaluate.reference import read_reference
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.formats.trc import write_trc
from neuropose_ray.formats.trc_reader import read_trc


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


@pytest.fixture(scope="module")
def variants(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen files of users' tools, from a real one."""
    folder = tmp_path_factory.mktemp("variants")
    subprocess.run(
        [sys.executable, test_data / "field/make_trc_variants.py", folder], check=True, capture_output=True
    )
    return folder


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("a_plain", 1), ("b_motonms_7_keys", 1), ("c_crlf", 1), ("d_no_blank_line", 1), ("e_nan_text", 1),
        ("f_last_marker_missing_stripped", 1), ("g_units_m_meters", 1000), ("h_units_upper", 1),
        ("i_double_tabs_values", 1), ("j_numframes_too_large", 1), ("k_prefix", 1), ("l_rate_30_times_29_97", 1),
        ("m_no_x1y1z1_row", 1),
    ],
)  # fmt: skip
def test_every_variant_of_users_tools_has_the_numbers_of_the_plain_one(test_data, variants, name, scale):
    truth = read_trc(test_data / "opencap/default_markers.trc")
    points = read_trc(variants / f"{name}.trc")
    expected = truth.positions[:120] * scale
    if name in ("e_nan_text", "f_last_marker_missing_stripped"):
        expected[40:60, 5 if name == "e_nan_text" else -1] = np.nan
    if name == "l_rate_30_times_29_97":
        expected = np.tile(expected, (12, 1, 1))
    np.testing.assert_allclose(points.positions, expected)
    assert tuple(marker.removeprefix("P01:") for marker in points.names) == truth.names


def test_a_wrong_number_of_frames_and_a_rounded_rate_are_said_and_the_lines_count(variants):
    large, rounded = (
        read_trc(variants / f"{name}.trc") for name in ("j_numframes_too_large", "l_rate_30_times_29_97")
    )
    assert large.notes == ("The header says 861 frames; 120 are in the file.",)
    assert rounded.rate_hz == pytest.approx(30000 / 1001, rel=1e-7)
    assert rounded.times_s[-1] == pytest.approx(1439 * 1001 / 30000, abs=1e-5)
    assert rounded.notes == (
        "The header says 30 frames per second; the times of the frames say 29.97, which is taken.",
    )


def test_opensims_own_file_has_two_tabs_between_its_values(test_data):
    points = read_trc(test_data / "gait/motion_capture_walk.trc")
    assert (points.positions.shape, points.rate_hz, points.notes) == ((238, 41, 3), 100, ())
    np.testing.assert_allclose(points.positions[0, 0], [-652.630, 1529.542, -94.520])


@st.composite
def spellings(draw):
    """A file of two markers, its numbers, and the many ways to write them down."""
    frames = draw(st.integers(2, 12))
    positions = np.round(draw(st.floats(-2000, 2000)) + np.arange(frames * 6.0).reshape(frames, 2, 3), 4)
    missing = draw(st.lists(st.tuples(st.integers(0, frames - 1), st.integers(0, 1)), max_size=4))
    for frame, marker in missing:
        positions[frame, marker] = np.nan
    rate = draw(st.sampled_from([25, 50, 59.94, 100, 120, 250]))
    unit, scale = draw(
        st.sampled_from([("mm", 1), ("MM", 1), (" Mm ", 1), ("m", 1000), ("meters", 1000), ("CM", 10), ("in", 25.4)])
    )
    gap, end = draw(st.sampled_from(["\t", "\t\t", " \t "])), draw(st.sampled_from(["\n", "\r\n"]))
    blank, stripped = draw(st.sampled_from(["", "NaN", "nan", " "])), draw(st.booleans())
    headings = ["DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame"]
    values = [str(rate), str(rate), str(draw(st.sampled_from([frames, 0, 99999]))), "2", unit, str(rate), "1"]
    prefix = draw(st.sampled_from(["", "P01:"]))
    lines = [
        draw(st.sampled_from(["PathFileType\t4\t(X/Y/Z)\ta.trc", "PathFileType  4\t(X/Y/Z) C:\\a b\\c"])),
        "\t".join(headings),
        gap.join(values),
        f"Frame#\tTime\t{prefix}RKnee\t\t\t{prefix}LKnee" + draw(st.sampled_from(["", "\t\t", "\t\t\t"])),
    ]
    lines += draw(st.sampled_from([[], ["\t\tX1\tY1\tZ1\tX2\tY2\tZ2"], ["X1 Y1 Z1 X2 Y2 Z2"]]))
    lines += draw(st.sampled_from([[], [""], ["", ""]]))
    first = draw(st.sampled_from([0.0, 1.25, -0.5]))
    for frame, row in enumerate(positions.reshape(frames, 6)):
        cells = [blank if np.isnan(value) else repr(float(value)) for value in row]
        line = "\t".join([str(frame + 1), f"{first + frame / rate:.5f}", *cells]) + draw(st.sampled_from(["", "\t"]))
        lines.append(line.rstrip() if stripped else line)
    lines += draw(st.sampled_from([[], [""]]))
    text = draw(st.sampled_from(["", "\ufeff"])) + end.join(lines) + end
    return text, positions * scale, rate, first


@given(spellings())
@settings(properties, max_examples=300)
@pytest.mark.slow
def test_however_it_is_written_the_numbers_are_the_same(tmp_path, made):
    text, positions, rate, first = made
    (tmp_path / "a.trc").write_bytes(text.encode())
    points = read_trc(tmp_path / "a.trc")
    np.testing.assert_allclose(points.positions, positions, rtol=1e-12)
    assert [name.removeprefix("P01:") for name in points.names] == ["RKnee", "LKnee"]
    assert points.rate_hz == rate
    assert points.start_s == pytest.approx(first, abs=1e-5)


def test_frames_that_were_left_out_are_missing_ones(tmp_path):
    write_trc(tmp_path / "a.trc", Trajectories(("a",), 100.0, 0.0, np.arange(30.0).reshape(10, 1, 3)))
    lines = (tmp_path / "a.trc").read_text().splitlines()
    (tmp_path / "a.trc").write_text("\n".join([*lines[:9], *lines[12:]]) + "\n")
    points = read_trc(tmp_path / "a.trc")
    assert np.isnan(points.positions).all((1, 2)).nonzero()[0].tolist() == [3, 4, 5]
    np.testing.assert_array_equal(points.positions[6], [[18, 19, 20]])
    assert points.notes == (
        "The header says 10 frames; 7 are in the file.",
        "3 frames are left out between the others; they are missing here.",
    )


def test_a_file_that_breaks_off_within_a_number_loses_that_line_and_says_so(tmp_path):
    write_trc(tmp_path / "a.trc", Trajectories(("a",), 100.0, 0.0, np.full((10, 1, 3), 123.4567)))
    whole = (tmp_path / "a.trc").read_bytes()
    assert whole.endswith(b"123.4567\t\n")
    (tmp_path / "a.trc").write_bytes(whole[:-6])
    points = read_trc(tmp_path / "a.trc")
    assert len(points.positions) == 9
    np.testing.assert_array_equal(points.positions, 123.4567)
    assert points.notes[0] == "The file breaks off within its last line, which is left out."


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("PathFileType", "Frames", "does not begin with PathFileType"),
        ("\tmm\t", "\tparsec\t", "unknown units 'parsec'"),
        ("Units", "Unity", "no Units"),
        ("2\t0.03333333", "2\t0.5", "do not ascend"),
        ("2\t0.03333333", "2\t0.06", "not evenly spaced at 30"),
        ("1.0000\t\n", "1.0000\t7\n", "4|5 cells"),
        ("3\t0.06666667", "3\tsoon", "soon"),
        ("\n30\t", "\n0\t", "DataRate of 0"),
        ("\n30\t", "\nfast\t", "its DataRate is 'fast'"),
        ("\ta\t", "\t\t", "names no marker"),
        ("1.0000\t1.0000\t\n2", "1.0000\t1,0000\t\n2", "1,0000"),
    ],
)
def test_a_damaged_file_is_one_line_that_says_why(tmp_path, old, new, reason):
    write_trc(tmp_path / "a.trc", Trajectories(("a",), 30.0, 0.0, np.ones((3, 1, 3))))
    text = (tmp_path / "a.trc").read_text()
    assert old in text
    (tmp_path / "a.trc").write_text(text.replace(old, new, 1))
    with pytest.raises(FileFormatError, match="not a TRC file") as caught:
        read_trc(tmp_path / "a.trc")
    assert any(part in str(caught.value) for part in reason.split("|"))
    assert "\n" not in str(caught.value)


@given(st.data())
@settings(properties, max_examples=200)
@pytest.mark.slow
def test_whatever_is_cut_off_or_overwritten_is_read_or_one_line(tmp_path, data):
    write_trc(tmp_path / "a.trc", Trajectories(("a", "b"), 30.0, 0.0, np.ones((4, 2, 3))))
    content = bytearray((tmp_path / "a.trc").read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "a.trc").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(FileFormatError):
        points = read_trc(tmp_path / "a.trc")
        assert points.positions.shape[1:] == (len(points.names), 3)


def test_no_file_is_one_line(tmp_path):
    with pytest.raises(InputNotFoundError):
        read_trc(tmp_path / "a.trc")
    with pytest.raises(FileFormatError):
        read_trc(tmp_path)
