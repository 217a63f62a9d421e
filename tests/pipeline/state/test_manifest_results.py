"""What became of an input travels through its row of the manifest unchanged."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow
from neuropose_ray.pipeline.state.manifest_results import result_of, with_result
from neuropose_ray.pipeline.state.summary import VideoResult

texts = st.text(st.characters(codec="utf-8"), max_size=8)
results = st.builds(
    VideoResult,
    input=texts,
    name=texts,
    state=st.sampled_from(["completed", "partial", "failed"]),
    frames=st.integers(0, 9),
    tracks=st.integers(0, 9),
    computed=st.booleans(),
    notes=st.lists(texts, max_size=2).map(tuple),
    errors=st.lists(st.builds(ErrorRecord, stage=texts, type=texts, message=texts), max_size=2).map(tuple),
)


@settings(max_examples=30)
@given(results, st.booleans())
def test_a_result_comes_back_from_a_row_with_the_rows_own_path(result: VideoResult, computed: bool):
    row = with_result(ManifestRow("walk", "/in/walk.mp4", "planned"), result)
    assert (row.name, row.path, row.state) == ("walk", "/in/walk.mp4", result.state)
    (kept,) = Manifest.of([row])
    changed: dict[str, Any] = {"input": "/in/walk.mp4", "computed": computed or result.state == "failed"}
    assert result_of(kept, computed=computed) == VideoResult(**{**vars_of(result), **changed})


def vars_of(result: VideoResult) -> dict[str, Any]:
    return {name: getattr(result, name) for name in VideoResult.__dataclass_fields__}


def test_an_input_that_failed_was_tried_by_this_run():
    """There is nothing of it that an earlier run could have left."""
    row = with_result(
        ManifestRow("walk", "walk.mp4", "planned"), VideoResult("walk.mp4", "walk", "failed", computed=False)
    )
    assert result_of(row, computed=False).computed
