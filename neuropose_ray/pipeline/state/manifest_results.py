"""What became of an input, in its row of the manifest, and as its line of ``summary.json``."""

from __future__ import annotations

from dataclasses import replace

from neuropose_ray.pipeline.state.manifest import ManifestRow
from neuropose_ray.pipeline.state.summary import VideoResult


def with_result(row: ManifestRow, result: VideoResult) -> ManifestRow:
    """The row with what became of its input."""
    outputs = "" if result.state == "failed" else row.outputs  # its plan is done with
    return replace(row, state=result.state, outputs=outputs, result=result.to_json())


def result_of(row: ManifestRow, *, computed: bool) -> VideoResult:
    """The line of ``summary.json`` that a row stands for; ``computed`` says whether this run did the work."""
    result = VideoResult.from_json(row.result)
    return replace(result, input=row.path, computed=computed or result.state == "failed")
