"""Ray's dashboard starts for who opens it, and ends when nobody looks any more."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import httpx
import pytest
from support.http_server import StartedServer
from support.ports import free_port

from neuropose_ray.service.dashboard import DashboardOnDemand, listening_socket


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        content = self.path.encode() * 100_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class Dashboard:
    """A web server in place of Ray's dashboard, whose start takes a moment or fails."""

    def __init__(self, faults: int = 0) -> None:
        self.starts, self.ends, self._faults = 0, 0, faults
        self._server: StartedServer | None = None
        self.ended = threading.Event()

    def start(self) -> int:
        self.starts += 1
        time.sleep(0.2)
        if self.starts <= self._faults:
            raise RuntimeError("no room")
        self._server = StartedServer(Page)
        return self._server.server_port

    def is_running(self) -> bool:
        return self._server is not None

    def end(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self.ends += 1
            self.ended.set()


@contextmanager
def served(dashboard: Dashboard, idle_s: float = 60.0) -> Iterator[str]:
    with DashboardOnDemand(dashboard, listening_socket(free_port()), idle_s).served() as url:
        yield url


def test_it_is_started_once_by_the_first_of_many_who_open_it():
    dashboard = Dashboard()
    with served(dashboard) as url:
        assert dashboard.starts == 0
        answers: list[bytes] = []
        browsers = [
            threading.Thread(target=lambda name=name: answers.append(httpx.get(f"{url}/{name}").content))
            for name in range(8)
        ]
        for browser in browsers:
            browser.start()
        for browser in browsers:
            browser.join()
        assert sorted(answers) == [f"/{name}".encode() * 100_000 for name in range(8)]
        assert dashboard.starts == 1
    assert not dashboard.is_running()


def test_it_stays_while_somebody_is_connected_and_is_started_again_after_its_end():
    dashboard = Dashboard()
    with served(dashboard, idle_s=0.3) as url:
        with httpx.Client() as tab:
            tab.get(url)
            assert not dashboard.ended.wait(1.0)
        assert dashboard.ended.wait(30)
        assert httpx.get(url).status_code == 200
        assert dashboard.starts == 2


def test_one_that_was_killed_is_started_again():
    dashboard = Dashboard()
    with served(dashboard) as url:
        httpx.get(url)
        dashboard.end()
        assert httpx.get(url).status_code == 200
        assert dashboard.starts == 2


def test_one_that_cannot_be_started_is_tried_again_by_the_next_who_comes():
    dashboard = Dashboard(faults=1)
    with served(dashboard) as url:
        with pytest.raises(httpx.HTTPError):
            httpx.get(url)
        assert httpx.get(url).status_code == 200


def test_the_end_does_not_wait_for_who_is_connected():
    dashboard = Dashboard()
    with httpx.Client() as tab:
        with served(dashboard) as url:
            tab.get(url)
        assert not dashboard.is_running()
        with pytest.raises(httpx.HTTPError):
            tab.get(url)


def test_a_port_that_is_taken_is_passed_over_or_named():
    with listening_socket(None) as first, listening_socket(None) as second:
        assert 8265 <= first.getsockname()[1] < second.getsockname()[1]
        with pytest.raises(OSError, match=str(first.getsockname()[1])):
            listening_socket(first.getsockname()[1])


def test_only_this_machine_reaches_it():
    with listening_socket(free_port()) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
        assert listening.family is socket.AF_INET
