"""Work for a client, ended where the client goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from neuropose_ray.errors import RequestError

R = TypeVar("R")


async def unless_gone(request: Request, work: Coroutine[Any, Any, R]) -> R:
    """What the work gives; it is cancelled where the client goes away, whose request has been read to its end.

    Raises:
        RequestError: the client went away.
    """
    working, listening = asyncio.create_task(work), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({working, listening}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise RequestError("the client went away")
        return working.result()
    finally:
        working.cancel()
        listening.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
