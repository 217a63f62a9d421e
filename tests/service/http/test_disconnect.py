"""Work is ended where its client goes away, and its outcome is the client's where it stays."""

import asyncio

import pytest

from neuropose_ray.errors import ModelError, RequestError
from neuropose_ray.service.http.disconnect import unless_gone


class Client:
    def __init__(self, *, leaves: bool) -> None:
        self._leaves = leaves

    async def receive(self):
        if not self._leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}


async def endless(seen: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        seen.append("cancelled")
        raise


def test_work_for_nobody_is_cancelled():
    async def asked() -> list[str]:
        seen: list[str] = []
        with pytest.raises(RequestError, match="went away"):
            await unless_gone(Client(leaves=True), endless(seen))
        await asyncio.sleep(0)
        return seen

    assert asyncio.run(asked()) == ["cancelled"]


def test_results_and_errors_are_passed_on():
    async def fails() -> None:
        raise ModelError("has no such output")

    async def asked() -> None:
        assert await unless_gone(Client(leaves=False), asyncio.sleep(0, "result")) == "result"
        with pytest.raises(ModelError):
            await unless_gone(Client(leaves=False), fails())

    asyncio.run(asked())
