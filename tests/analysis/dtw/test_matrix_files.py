"""Distance matrices on the disk."""

import json
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet as pq

from neuropose_ray.analysis.dtw.matrix import DistanceMatrix, DistanceMatrixSettings
from neuropose_ray.analysis.dtw.matrix_files import DistanceMatrixRecord, save_distance_matrix
from neuropose_ray.errors import OutputError

nan = np.nan
DISTANCES = DistanceMatrix(
    names=("a", "b", "c\udcff"),
    matrix=np.array([[0, 0.25, nan], [0.25, 0, nan], [nan, nan, nan]]),
    neighbours={"a": ("b",), "b": ("a",), "c\udcff": ()},
    order=("b", "a", "c\udcff"),
    errors={"c\udcff": "c: nobody is seen"},
    settings=DistanceMatrixSettings(),
)


def test_json_holds_everything_and_no_bare_nan(tmp_path: Path):
    save_distance_matrix(tmp_path / "m.json", DISTANCES)
    payload = json.loads((tmp_path / "m.json").read_text(), parse_constant=pytest.fail)
    assert payload["matrix"] == [[0, 0.25, None], [0.25, 0, None], [None, None, None]]
    record = DistanceMatrixRecord.model_validate(payload)
    assert record.names == ("a", "b", "c�")
    assert record.order[0] == "b"
    assert record.settings == DISTANCES.settings


def test_parquet_has_a_row_for_each_ordered_pair(tmp_path: Path):
    save_distance_matrix(tmp_path / "m.parquet", DISTANCES)
    table = pq.read_table(tmp_path / "m.parquet")
    assert table.slice(0, 4).to_pylist() == [
        {"trial": "a", "other": "a", "distance": 0.0},
        {"trial": "a", "other": "b", "distance": 0.25},
        {"trial": "a", "other": "c�", "distance": None},
        {"trial": "b", "other": "a", "distance": 0.25},
    ]
    assert len(table) == 9
    assert json.loads(table.schema.metadata[b"neuropose_ray"])["errors"] == {"c�": "c: nobody is seen"}


def test_another_ending_is_refused(tmp_path: Path):
    with pytest.raises(OutputError, match=r"no format for the ending '.xlsx'; use .json or .parquet"):
        save_distance_matrix(tmp_path / "m.xlsx", DISTANCES)
