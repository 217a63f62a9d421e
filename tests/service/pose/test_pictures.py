"""Pictures decoded beside the model: none is too large, and together they take a bounded part of memory."""

import asyncio

import cv2
import numpy as np
import pytest

from neuropose_ray.errors import TooLargeError, VideoError
from neuropose_ray.service.pose.pictures import PictureDecoder

BYTES = 40 * 30 * 3


def png(grey: int = 100, width: int = 40, height: int = 30) -> bytes:
    return cv2.imencode(".png", np.full((height, width, 3), grey, np.uint8))[1].tobytes()


def run(check) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await check()

    asyncio.run(bounded())


def test_a_picture_is_decoded_as_upright_rgb():
    async def check() -> None:
        blue = np.zeros((30, 40, 3), np.uint8)
        blue[..., 0] = 255  # of OpenCV, which has blue first
        content = cv2.imencode(".png", blue)[1].tobytes()
        async with PictureDecoder(1, 10_000).decoded(content, "picture 1") as picture:
            np.testing.assert_array_equal(picture.image, blue[..., ::-1])
            assert picture.decode_s > 0

    run(check)


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded():
    async def check() -> None:
        decoder = PictureDecoder(1, most_pixels=40 * 30)
        async with decoder.decoded(png(), "picture 1"):
            pass
        with pytest.raises(TooLargeError, match="picture 2: 41 x 30 pixels, at most 1200 are taken"):
            async with decoder.decoded(png(width=41), "picture 2"):
                pass

    run(check)


@pytest.mark.parametrize("content", [b"", b"no picture", png()[:60]])
def test_what_is_no_picture_is_a_typed_error(content: bytes):
    async def check() -> None:
        with pytest.raises(VideoError, match=r"^picture 3 \(knee.png\): "):
            async with PictureDecoder(1, 10_000).decoded(content, "picture 3 (knee.png)"):
                pass

    run(check)


def test_pictures_beyond_the_budget_wait_in_their_order_until_others_are_done_with():
    async def check() -> None:
        decoder = PictureDecoder(4, 10_000, budget_bytes=2 * BYTES)
        entered, leave = [], [asyncio.Event() for _ in range(4)]

        async def use(number: int) -> None:
            async with decoder.decoded(png(), f"picture {number}"):
                entered.append(number)
                await leave[number].wait()

        tasks = []
        for number in range(4):
            tasks.append(asyncio.create_task(use(number)))
            await asyncio.sleep(0)
        while len(entered) < 2:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert sorted(entered) == [0, 1]
        leave[1].set()
        while len(entered) < 3:
            await asyncio.sleep(0.001)
        assert entered[2] == 2
        for event in leave:
            event.set()
        await asyncio.gather(*tasks)
        assert sorted(entered) == [0, 1, 2, 3]

    run(check)


def test_a_picture_larger_than_the_whole_budget_is_let_in_alone():
    async def check() -> None:
        async with PictureDecoder(1, 10_000, budget_bytes=10).decoded(png(), "picture 1") as picture:
            assert picture.image.shape == (30, 40, 3)

    run(check)


def test_an_error_and_a_cancellation_give_their_memory_back():
    async def check() -> None:
        decoder = PictureDecoder(1, 10_000, budget_bytes=BYTES)
        broken = png()[:100]
        for _ in range(3):
            with pytest.raises(VideoError):
                async with decoder.decoded(broken, "broken"):
                    pass
        async with decoder.decoded(png(), "first"):
            waiting = asyncio.create_task(decoder.decoded(png(), "second").__aenter__())
            await asyncio.sleep(0.01)
            waiting.cancel()
        async with decoder.decoded(png(), "third") as picture:
            assert picture.image.shape == (30, 40, 3)

    run(check)
