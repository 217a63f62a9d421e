"""Poses of pictures over HTTP, answered while the client waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from neuropose_ray.errors import RequestError
from neuropose_ray.schemas.pose_replies import ModelDescription, PoseReply
from neuropose_ray.service.http.auth import Caller, needs
from neuropose_ray.service.http.bodies import HeldBytes
from neuropose_ray.service.http.disconnect import unless_gone
from neuropose_ray.service.http.errors import problems
from neuropose_ray.service.http.named_pictures import NamedPictures
from neuropose_ray.service.http.pose_body import PoseOptions, described_body, read_pictures
from neuropose_ray.service.http.pose_call import PoseCaller
from neuropose_ray.service.http.pose_counts import PoseCounts
from neuropose_ray.service.settings import PoseReplicaSettings

Reader = Annotated[Caller, Depends(needs("read"))]
Submitter = Annotated[Caller, Depends(needs("submit"))]


def pose_router(
    poses: Mapping[str, Any], settings: PoseReplicaSettings, named: NamedPictures, counts: PoseCounts
) -> APIRouter:
    """The routes below ``/v1/pose``.

    Args:
        poses: handles of the deployments with pose models, by the models' names; the first is the usual one.
        settings: limits of a request.
        named: reads pictures where they lie.
        counts: what becomes of requests.
    """
    router = APIRouter(prefix="/v1/pose", tags=["poses"])
    callers = {name: PoseCaller(handle, settings) for name, handle in poses.items()}
    usual = next(iter(callers))

    def caller_of(model: str | None) -> PoseCaller:
        if model not in (None, *callers):
            known = ", ".join(callers)
            raise RequestError("the service has no such pose model", where="model", hint=f"there are: {known}")
        return callers[model or usual]

    held = HeldBytes(settings.held_bytes, settings.retry_after_s)

    @router.post(
        "",
        summary="Find people in pictures",
        response_model=PoseReply,
        openapi_extra=described_body(),
        responses=problems(
            s403="not allowed, or a URI that may not be read",
            s408="the body comes too slowly",
            s413="beyond a limit on bytes or pictures",
            s429="too many requests wait, or are too large together; see Retry-After",
            s504="it took too long",
        ),
    )
    async def find_people(request: Request, _caller: Submitter, options: Annotated[PoseOptions, Query()]) -> Response:
        """Send one picture as it is, several as files of a form, or several in base64 as JSON.

        JSON may also name pictures where they lie, `{"frames": [{"uri": "https://host/a.jpg"}]}`, below what the
        service's settings allow.

        JPEG, PNG, WebP and BMP are read; orientation marks (EXIF) are applied, and all pixels are of the upright
        picture. The reply has one entry for each picture, in their order. A picture that cannot be used has an
        `error` in its entry, and the others have their results all the same.

        Every picture is searched for people on its own. Only where the pictures are frames of one video, say
        `consecutive=true`: people are then followed from frame to frame, and searched anew where the size changes.

        Pictures of one request are an answer to wait for: a video is better submitted as a job.

            curl -F files=@a.jpg -F files=@b.jpg http://127.0.0.1:8000/v1/pose
            curl -F files=@frame_1.jpg -F files=@frame_2.jpg 'http://127.0.0.1:8000/v1/pose?consecutive=true'
            curl -H 'Content-Type: image/jpeg' --data-binary @a.jpg http://127.0.0.1:8000/v1/pose
        """
        with counts.request() as count_pictures, held.share() as share:
            pictures = await read_pictures(request, options, settings, share)
            caller = caller_of(pictures.model)
            pictures = await unless_gone(request, named.complete(pictures, share))
            count_pictures(len(pictures.pictures))
            reply = await unless_gone(request, caller.predict(pictures))
        return Response(reply.model_dump_json(), media_type="application/json")

    @router.get("/model", summary="The pose model", responses=problems())
    async def describe_model(
        _caller: Reader,
        model: Annotated[str | None, Query(max_length=500, description="empty: the usual one")] = None,
    ) -> ModelDescription:
        """Which model answers, what its joints are called, and what its numbers are in."""
        return await caller_of(model).model()

    return router
