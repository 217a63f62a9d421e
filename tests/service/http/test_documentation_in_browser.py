"""``/docs`` opened in a real browser that reaches nothing but the service, and its operations tried out there."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.local_service import LocalService, local_service

from neuropose_ray.service.tokens import LOOK_S, add_token, new_token

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    with local_service(tmp_path_factory.mktemp("service")) as running:
        yield running


class DocumentationPage:
    """The page, what it asked for, and what the browser complained of."""

    def __init__(self, page: "Page", url: str) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(f"{url}/docs")
        self._page = page
        page.locator(".opblock").first.wait_for()

    def operations(self) -> set[str]:
        """The names of the operations on the page."""
        return {str(block.get_attribute("id")).rpartition("-")[2] for block in self._page.locator(".opblock").all()}

    def operation(self, name: str) -> "Locator":
        """The block of an operation, unfolded."""
        block = self._page.locator(f"[id^='operations-'][id$='-{name}']")
        if not block.locator(".opblock-body").count():
            block.locator(".opblock-summary").click()
        return block

    def tried(self, name: str, **parameters: str) -> tuple[int, str]:
        """Status and body of the answer to an operation with these parameters, and with the example as its body."""
        block = self.operation(name)
        for parameter, value in parameters.items():
            block.locator(f"tr[data-param-name='{parameter}'] input").fill(value)
        if block.locator("button.btn-clear").count():
            block.locator("button.btn-clear").click()  # the answer of the time before
        block.locator("button.execute").click()
        answer = block.locator(".live-responses-table .response").first
        answer.wait_for()
        status = answer.locator(".response-col_status").inner_text().split()[0]
        return int(status), answer.locator(".response-col_description .highlight-code .microlight").first.inner_text()

    def authorize(self, token: str) -> None:
        """Give the page a token."""
        self._page.locator(".auth-wrapper .authorize").first.click()
        self._page.locator(".auth-container input").fill(token)
        self._page.locator(".auth-btn-wrapper .authorize").click()
        self._page.locator(".auth-btn-wrapper .btn-done").click()


@pytest.fixture
def page(chromium: "Browser", service: LocalService) -> Iterator[DocumentationPage]:
    with chromium.new_context() as context:
        context.set_default_timeout(180_000)  # a busy machine takes its time
        yield DocumentationPage(context.new_page(), service.url)


def test_the_page_shows_every_operation_and_asks_nobody_but_the_service(
    page: DocumentationPage, service: LocalService
):
    described = service.client().get("/openapi.json").json()["paths"]
    assert page.operations() == {route["operationId"] for methods in described.values() for route in methods.values()}
    assert all(url.startswith((f"{service.url}/", "data:", f"blob:{service.url}/")) for url in page.requests)
    assert page.complaints == []


@pytest.mark.endurance
def test_what_needs_no_parameter_is_answered(page: DocumentationPage):
    for name in ("get_health", "get_readiness", "describe_model", "list_jobs", "get_status"):
        status, text = page.tried(name)
        assert status == 200
        assert json.loads(text)
    assert page.complaints == []


@pytest.mark.slow
def test_a_picture_of_the_example_is_looked_at(page: DocumentationPage):
    block = page.operation("find_people")
    block.locator(".body-param-content-type select, .opblock-section-request-body select").first.select_option(
        "application/json"
    )
    status, text = page.tried("find_people")
    assert status == 200, text
    assert [len(frame["persons"]) for frame in json.loads(text)["frames"]] == [1]


@pytest.mark.slow
def test_a_job_that_is_not_there_is_a_problem(page: DocumentationPage):
    status, text = page.tried("get_job", job_id="0f" * 16)
    assert (status, json.loads(text)["code"]) == (404, "job_not_found")


@pytest.mark.slow
def test_a_token_is_given_to_the_page_once(page: DocumentationPage, service: LocalService):
    secret, token = new_token("reader", frozenset({"read"}), None)
    add_token(service.data.tokens, token)
    try:
        time.sleep(2 * LOOK_S)
        assert page.tried("list_jobs")[0] == 401
        page.authorize(secret)
        assert page.tried("list_jobs")[0] == 200
    finally:
        service.data.tokens.unlink()
        time.sleep(2 * LOOK_S)
