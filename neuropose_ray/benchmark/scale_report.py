"""The scale suite's result as tables of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neuropose_ray.schemas.scale import ScaleResult

_LABEL_WIDTH = 12


def format_scale(result: ScaleResult) -> str:
    """A block of lines for a terminal, without an end of line at the end."""
    return "\n".join(_lines(result))


def _lines(result: ScaleResult) -> Iterator[str]:
    yield f"scale: {result.cores} cores, load {result.load_before:.1f} before; a synthetic pose model"
    yield ""
    ceiling = sorted(result.ceiling_fps)[len(result.ceiling_fps) // 2]
    yield (
        f"throughput: {result.frames} frames of {result.frame_ms:g} ms in chunks of {result.chunk_frames}, "
        f"{len(result.ceiling_fps)} rounds; the bare model reaches {ceiling:.0f} frames/s"
    )
    yield _row("", ("workers", "frames/s", "ratio", "whole run", "ratio"))
    for row in result.throughput:
        rates, whole = sorted(row.rates_fps), sorted(row.whole_rates_fps)
        middle = len(rates) // 2
        figures = (f"{row.workers}", f"{rates[middle]:.0f}", f"{row.median_ratio:.3f}")
        more = (f"{whole[middle]:.0f}", f"{row.median_whole_ratio:.3f}")
        yield _row(row.engine, (*figures, *more))
    yield ""
    counts = result.chunk_cost[0].chunks if result.chunk_cost else ()
    yield "cost of chunks without inference: seconds of whole runs"
    yield _row("chunks", (*map(str, counts), "fixed", "each chunk"))
    for cost in result.chunk_cost:
        seconds = (f"{value:.2f}" for value in cost.seconds)
        yield _row(cost.engine, (*seconds, f"{cost.fixed_s:.2f} s", f"{cost.chunk_ms:.1f} ms"))
    yield ""
    resume = result.resume
    yield (
        f"a finished run of {resume.chunks} chunks in {resume.videos} videos, started again: {resume.again_s:.2f} s, "
        f"{1000 * resume.again_s / resume.videos:.1f} ms a video, {resume.frames_computed_again} frames computed"
    )
    yield f"(its first run, without the cost of any model, took {resume.first_s:.1f} s)"


def _row(label: str, cells: Sequence[str]) -> str:
    return f"{label:<{_LABEL_WIDTH}}" + "".join(f"{cell:>11}" for cell in cells)
