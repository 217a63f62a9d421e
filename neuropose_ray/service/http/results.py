"""What jobs have made: predictions as JSON, Parquet or CSV, and every file as it is."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from neuropose_ray.cluster import task_result
from neuropose_ray.errors import JobNotFoundError, JobStateError, RequestError
from neuropose_ray.pipeline import is_internal
from neuropose_ray.schemas.jobs import Job
from neuropose_ray.schemas.result_files import PREDICTIONS_FILE, RESULTS_FILE, video_folders
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.auth import Caller
from neuropose_ray.service.http.disconnect import unless_gone
from neuropose_ray.service.http.errors import problems
from neuropose_ray.service.http.job_routes import Id, Reader
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs

_BLOCK_BYTES = 256 * 1024
# White space that may follow a JSON file's last brace is less.
_TAIL_BYTES = 1024
#: Pages among the results may run their scripts, but not as pages of this service.
_BYTES = {"type": "string", "format": "binary"}
_UNCHANGED: dict[str, Any] = {"description": "it is still what `If-None-Match` or `If-Modified-Since` says"}
_PART: dict[str, Any] = {
    "description": "a part of a Parquet file",
    "content": {"application/vnd.apache.parquet": {"schema": _BYTES}},
}
_ALONE = {"Content-Security-Policy": "sandbox allow-scripts", "X-Content-Type-Options": "nosniff"}


class Results:
    """The result folders of ended jobs.

    Args:
        jobs: the job manager.
        data: the service's folder.
    """

    def __init__(self, jobs: Jobs, data: DataFolder) -> None:
        self._jobs, self._data = jobs, data

    async def of(self, job_id: str, caller: Caller) -> tuple[Job, Path]:
        """A completed job and the folder of its results.

        Raises:
            JobNotFoundError: not known.
            JobStateError: not completed.
        """
        job = await VisibleJobs(self._jobs, caller).job(job_id)
        if job.state != "completed":
            hint = "wait for it" if job.state in ("queued", "running") else "see its error"
            raise JobStateError(f"the job is {job.state}, it has no results", hint=hint)
        return job, self._data.job(job_id).results

    async def artifact(self, job_id: str, path: str, caller: Caller) -> Path:
        """A file below the results.

        Raises:
            JobNotFoundError: no such job, no such file, or not one of the results.
        """
        await VisibleJobs(self._jobs, caller).job(job_id)
        folder = Path(os.path.realpath(self._data.job(job_id).results))
        missing = JobNotFoundError("no such file among the results", hint="see `artifacts` of the job")
        if "\x00" in path or is_internal(PurePosixPath(path)):
            raise missing
        file = folder / path
        # A link may point anywhere, so that none is followed.
        with suppress(OSError):  # no file has such a name
            if Path(os.path.realpath(file)) == file and file.is_relative_to(folder) and file.is_file():
                return file
        raise missing


def file_response(
    request: Request, file: Path, media_type: str | None = None, filename: str | None = None
) -> Response:
    """A file, parts of it, or that it is still the one that the client has."""
    response = FileResponse(file, media_type=media_type, filename=filename, headers=_ALONE, stat_result=file.stat())
    if StaticFiles(check_dir=False).is_not_modified(response.headers, request.headers):
        return NotModifiedResponse(response.headers)
    return response


def videos_of(folder: Path) -> list[str]:
    """The names of the videos that have results, sorted."""
    return [video.name for video in video_folders(folder)]


def result_router(results: Results, data: DataFolder) -> APIRouter:
    """The routes of a job's results: ``/v1/jobs/{id}/results`` and ``/v1/jobs/{id}/artifacts``."""
    router = APIRouter(prefix="/v1/jobs", tags=["results"])
    files: dict[str, Any] = {
        "application/json": {"schema": {"type": "object"}},
        "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
        "text/csv": {"schema": {"type": "string"}},
    }

    @router.get(
        "/{job_id}/results",
        summary="The poses of a job",
        response_class=Response,
        responses=problems(s404="no such job or video", s409="the job has no results (yet)")
        | {200: {"description": "the poses", "content": files}, 206: _PART, 304: _UNCHANGED},
    )
    async def get_results(
        request: Request,
        caller: Reader,
        job_id: Id,
        video: Annotated[
            str | None, Query(max_length=300, description="one of several; needed for parquet and csv")
        ] = None,
        format: Annotated[Literal["json", "parquet", "csv"], Query()] = "json",  # noqa: A002  the parameter's name
    ) -> Response:
        """JSON, in the format of NeuroPose, has every video under its name; Parquet and CSV have one video."""
        job, folder = await results.of(job_id, caller)
        names = await asyncio.to_thread(videos_of, folder)
        if video in job.inputs and video not in names:
            video = Path(video).stem  # as results are called
        if video is not None and video not in names:
            raise JobNotFoundError("no results of this video in the job", hint=f"there are: {', '.join(names)[:500]}")
        wanted = names if video is None else [video]
        if format == "json":
            return StreamingResponse(joined_results(folder, wanted), media_type="application/json")
        if len(wanted) != 1:
            raise RequestError(f"the job has {len(wanted)} videos", where="video", hint="name one of them")
        file = folder / wanted[0] / PREDICTIONS_FILE
        if format == "parquet":
            return file_response(request, file, "application/vnd.apache.parquet", filename=f"{wanted[0]}.parquet")
        table = await unless_gone(request, _as_csv(file, data.incoming))
        return StreamingResponse(_blocks(table), media_type="text/csv", headers=_ALONE)

    @router.get(
        "/{job_id}/artifacts/{path:path}",
        summary="A file that a job has made",
        response_class=FileResponse,
        responses=problems(s404="no such job or file", s416="the file is shorter than this part of it begins")
        | {
            200: {"description": "the file, of the type that its name has", "content": {"*/*": {"schema": _BYTES}}},
            206: {"description": "the parts that `Range` asks for", "content": {"*/*": {"schema": _BYTES}}},
            304: _UNCHANGED,
        },
    )
    async def get_artifact(
        request: Request,
        caller: Reader,
        job_id: Id,
        path: Annotated[str, PathParameter(max_length=1000, examples=["walk/overlay.mp4"])],
    ) -> Response:
        """Videos, reports and tables, by the paths that the job's `artifacts` say; parts of a file by `Range`."""
        return file_response(request, await results.artifact(job_id, path, caller))

    return router


def joined_results(folder: Path, names: list[str]) -> Iterator[bytes]:
    """One JSON object that has every video under its name, block by block.

    Args:
        folder: the job's results.
        names: the videos' folders in it. Each has a file with an object whose only key is the video's own name.
    """
    yield b"{"
    for number, name in enumerate(names):
        if number:
            yield b","
        yield from _inside(folder / name / RESULTS_FILE)
    yield b"}"


def _inside(path: Path) -> Iterator[bytes]:
    """What is between the outermost braces of a JSON file."""
    with path.open("rb") as file:
        end = file.seek(-min(_TAIL_BYTES, path.stat().st_size), os.SEEK_END)
        end += file.read().rindex(b"}")
        file.seek(0)
        block = file.read(_BLOCK_BYTES)
        first, left = block.index(b"{") + 1, end
        while block:
            yield block[first:left]
            left, first = left - len(block), 0
            block = file.read(min(_BLOCK_BYTES, max(0, left)))


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK_BYTES):
            yield block


async def _as_csv(predictions: Path, folder: Path) -> BinaryIO:
    """A new table of the predictions, made in a process of its own: hours of video are gigabytes of numbers.

    It has no name any more, so that nothing is left of it where nobody reads it to its end.
    """
    import ray

    table = folder / f"{secrets.token_hex(16)}.csv"
    work: Any = ray.remote(_write_csv).options(name=f"table of {predictions.parent.name}", num_cpus=0)
    try:
        await task_result(work.remote(str(predictions), str(table)))
        return table.open("rb")
    finally:  # also where the client has gone away
        table.unlink(missing_ok=True)


def _write_csv(predictions: str, table: str) -> None:
    from neuropose_ray.formats import write_csv
    from neuropose_ray.schemas.parquet_files import read_predictions

    write_csv(Path(table), *read_predictions(Path(predictions)))
