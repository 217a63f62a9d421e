"""Streams over HTTP: registered, listed, shown and removed."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from neuropose_ray.errors import StreamNotFoundError
from neuropose_ray.schemas.live_messages import ClientName, Session, StreamId, StreamList, StreamReport, StreamSpec
from neuropose_ray.service.http.bodies import described_json, read_settings
from neuropose_ray.service.http.errors import problems
from neuropose_ray.service.http.job_routes import Reader, Submitter
from neuropose_ray.service.live.connection import LiveParts
from neuropose_ray.service.live.sources import check_source

Id = Annotated[StreamId, Path(alias="stream_id", description="the stream's name")]
Height = Annotated[int | None, Query(alias="h", ge=16, le=4320, description="pixels; the width follows")]
Quality = Annotated[int, Query(alias="q", ge=1, le=100, description="of the JPEG")]
Overlay = Annotated[bool, Query(description="with the people who were seen")]
_PAGE_TYPES = {"view.js": "text/javascript", "view.css": "text/css"}
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
}


def stream_router(parts: LiveParts) -> APIRouter:
    """The routes below ``/v1/streams``, and a camera's picture as older clients ask for it.

    Args:
        parts: of the process.
    """
    router = APIRouter(tags=["live streams"])
    directory = parts.directory

    @router.get("/v1/streams", summary="Streams that are worked on", responses=problems())
    async def list_streams(caller: Reader) -> StreamList:
        """Your registered streams; with the scope admin all, and those that clients look at by a URL."""
        return StreamList(streams=await directory.reports(caller))

    @router.put(
        "/v1/streams/{stream_id}",
        summary="Register a stream",
        openapi_extra=described_json(StreamSpec),
        responses=problems(s404="somebody else's", s408="the body comes too slowly", s413="more than settings take")
        | {201: {"model": StreamReport, "description": "a new one"}},
    )
    async def register_stream(caller: Submitter, request: Request, response: Response, stream_id: Id) -> StreamReport:
        """It is worked on until it is removed, whoever looks at it, also after a restart of the service.

        The body is a StreamSpec: `{"url": "rtsp://user:password@camera-7/stream1"}` is one.
        """
        spec = await read_settings(request, StreamSpec)
        await check_source(spec.url, spec.source, parts.settings)
        is_new = await parts.hub.put(stream_id, spec, caller)
        response.status_code = 201 if is_new else 200
        return await directory.report(stream_id, caller)

    @router.get(
        "/v1/streams/{stream_id}", summary="One stream as it is now", responses=problems(s404="no such stream")
    )
    async def show_stream(caller: Reader, stream_id: Id) -> StreamReport:
        return await directory.report(stream_id, caller)

    @router.delete(
        "/v1/streams/{stream_id}",
        summary="Remove a stream",
        status_code=204,
        responses=problems(s404="no such stream"),
    )
    async def remove_stream(caller: Submitter, stream_id: Id) -> None:
        """It ends when no client looks at it any more."""
        await parts.hub.remove(stream_id, caller)

    async def picture(key: str, overlay: bool, height: int | None, quality: int) -> Response:
        taken = await parts.links.picture(key, overlay=overlay, height=height, quality=quality)
        if taken is None:
            raise StreamNotFoundError("there is no picture of this stream yet", hint="see its state")
        content, captured_at = taken
        at = datetime.fromtimestamp(captured_at, UTC)
        headers = {
            "Cache-Control": "no-store",
            "Last-Modified": format_datetime(at, usegmt=True),
            "X-Captured-At": at.isoformat(timespec="milliseconds"),
        }
        return Response(content, media_type="image/jpeg", headers=headers)

    pictures = problems(s404="no such stream, or no picture yet") | {
        200: {"description": "the latest frame; X-Captured-At says when it came", "content": {"image/jpeg": {}}}
    }

    @router.get(
        "/v1/streams/{stream_id}/frame.jpg", summary="The latest frame", response_class=Response, responses=pictures
    )
    async def show_frame(
        caller: Reader, stream_id: Id, overlay: Overlay = False, height: Height = None, quality: Quality = 80
    ) -> Response:
        return await picture(await directory.key(stream_id, caller), overlay, height, quality)

    @router.get(
        "/camera/{camera_id}/image",
        summary="The latest frame of a camera",
        response_class=Response,
        responses=pictures,
    )
    async def show_camera(
        caller: Reader, camera_id: Annotated[str, Path(max_length=200, description="of a registered stream")]
    ) -> Response:
        """As older clients ask for it."""
        stream_id = await directory.of_camera(camera_id, caller)
        return await picture(await directory.key(stream_id, caller), False, None, 80)

    @router.get("/v1/sessions/{session_id}", summary="What is kept of a session", responses=problems())
    async def show_session(
        caller: Reader, session_id: Annotated[ClientName, Path(description="a visit, trial or patient")]
    ) -> Session:
        """Version 0 where nothing is, or it is somebody else's; live clients change it by `session.patch`."""
        return await parts.hub.session(session_id, caller)

    @router.get(
        "/v1/streams/{stream_id}/view",
        summary="A page with the live picture",
        response_class=HTMLResponse,
        responses=problems() | {200: {"description": "for a browser; it asks for a token where one is needed"}},
    )
    async def view_stream(stream_id: Id) -> HTMLResponse:  # noqa: ARG001  the page reads it from its address
        return HTMLResponse(_page_file("view.html"), headers=_PAGE_HEADERS)

    @router.get("/v1/live/page/{name}", include_in_schema=False)
    async def page_file(name: str) -> Response:
        if name not in _PAGE_TYPES:
            raise StreamNotFoundError("there is no such file")
        return Response(_page_file(name), media_type=_PAGE_TYPES[name], headers=_PAGE_HEADERS)

    return router


def _page_file(name: str) -> str:
    return (files("neuropose_ray.service.live") / "page" / name).read_text("utf-8")
