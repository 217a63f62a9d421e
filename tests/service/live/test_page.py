"""The page of a stream in a real browser: the picture moves, people are counted, a token is asked for."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.browser import started_chromium
from support.live_service import live_service
from support.ports import free_port

from neuropose_ray.service.settings import Token
from neuropose_ray.service.tokens import digest_of

VIDEO = "field/leaves_and_returns.mp4"
PIPELINE = {"name": "presence", "rules": [{"name": "somebody"}]}


def test_the_page_shows_the_live_picture_with_people_and_events(test_data: Path, tmp_path: Path):
    with (
        live_service(tmp_path, files=[str(test_data)]) as live,
        live.client() as client,
        started_chromium() as browser,
    ):
        spec = {"url": f"file://{test_data}/{VIDEO}", "pipeline": PIPELINE}
        assert client.put("/v1/streams/ward-7", json=spec).status_code == 201
        page = browser.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(f"{live.url}/v1/streams/ward-7/view")
        page.wait_for_selector("#state.active", timeout=30_000)
        page.wait_for_selector("#picture[data-persons='1']", timeout=30_000)
        first = page.get_attribute("#picture", "data-frame")
        page.wait_for_selector(f"#picture:not([data-frame='{first}'])", timeout=30_000)
        assert page.inner_text("#people tr td:first-child") == "0"
        assert "right knee flexion" in page.inner_text("#angle-rows")
        seen = cv2.imdecode(np.frombuffer(page.locator("#picture").screenshot(), np.uint8), cv2.IMREAD_COLOR)
        assert len(np.unique(seen.reshape(-1, 3), axis=0)) > 100  # a picture, not an empty canvas
        assert page.title() == "ward-7"
        assert faults == []


@pytest.mark.slow
def test_the_page_says_why_no_picture_comes(tmp_path: Path):
    with (
        live_service(tmp_path, private_networks=True) as live,
        live.client() as client,
        started_chromium() as browser,
    ):
        client.put("/v1/streams/away", json={"url": f"rtsp://127.0.0.1:{free_port()}/live"})
        until = time.monotonic() + 30
        while not client.get("/v1/streams/away").json()["last_error"]:
            assert time.monotonic() < until
            time.sleep(0.1)
        page = browser.new_page()
        page.goto(f"{live.url}/v1/streams/away/view")
        page.wait_for_selector("#state.reconnecting", timeout=30_000)
        assert page.inner_text("#state") == "reconnecting: connection refused"


@pytest.mark.slow
def test_the_page_asks_for_a_token_and_shows_nothing_without(test_data: Path, tmp_path: Path):
    token = Token(name="anna", sha256=digest_of("secret"), scopes=frozenset({"read", "submit"})).model_dump()
    service = {"tokens": [token]}
    with live_service(tmp_path, files=[str(test_data)], service=service) as live, started_chromium() as browser:
        with live.client(headers={"Authorization": "Bearer secret"}) as client:
            client.put("/v1/streams/a", json={"url": f"file://{test_data}/{VIDEO}"})
        page = browser.new_page()
        page.goto(f"{live.url}/v1/streams/a/view")
        page.wait_for_selector("#login:not([hidden])", timeout=30_000)
        assert page.get_attribute("#picture", "data-frame") is None
        page.fill("#token", "secret")
        page.click("#login button")
        page.wait_for_selector("#state.active", timeout=30_000)
        assert "secret" not in page.url
