import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from schemas.pose_tables import properties

from neuropose_ray.errors import InputError
from neuropose_ray.formats.motion_file import write_motion_file


def parsed(text):
    """Header and columns, read as strictly as OpenSim's storage reader does."""
    lines = text.split("\n")
    end = lines.index("endheader")
    header = dict(line.split("=") for line in lines[1:end])
    names = lines[end + 1].split("\t")
    rows = [line.split("\t") for line in lines[end + 2 : -1]]
    assert lines[-1] == ""
    assert all(len(row) == len(names) for row in rows)
    numbers = np.array([[float(cell) for cell in row] for row in rows]).reshape(len(rows), len(names))
    return lines[0], header, dict(zip(names, numbers.T, strict=True))


@given(hnp.arrays(np.float64, (4, 2), elements=st.floats(-360, 360)))
@settings(properties, max_examples=15)
def test_every_angle_comes_back_to_the_sixth_decimal_under_its_name(tmp_path, angles):
    times = np.arange(4) / 29.97
    columns = {"right_knee_flexion": angles[:, 0], "trunk_rotation": angles[:, 1]}
    write_motion_file(tmp_path / "walk.mot", times, columns, in_degrees=True)
    name, header, read = parsed((tmp_path / "walk.mot").read_text())
    assert name == "walk"
    assert header == {"version": "1", "nRows": "4", "nColumns": "3", "inDegrees": "yes"}
    assert list(read) == ["time", *columns]
    np.testing.assert_allclose(read["time"], times, atol=1e-8)
    for column, values in columns.items():
        np.testing.assert_allclose(read[column], values, atol=1e-6)


def test_radians_say_so(tmp_path):
    write_motion_file(tmp_path / "a.sto", np.zeros(1), {"a": np.zeros(1)}, in_degrees=False)
    assert parsed((tmp_path / "a.sto").read_text())[1]["inDegrees"] == "no"


@pytest.mark.parametrize(
    "columns", [{}, {"two words": np.zeros(2)}, {"": np.zeros(2)}, {"a": np.zeros(3)}, {"a": np.array([1, np.nan])}]
)
def test_what_opensim_would_misread_is_refused(tmp_path, columns):
    with pytest.raises(InputError):
        write_motion_file(tmp_path / "a.mot", np.arange(2.0), columns, in_degrees=True)
    assert list(tmp_path.iterdir()) == []
