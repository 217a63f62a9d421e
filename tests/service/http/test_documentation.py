"""The description is one that tools can use, and its page needs no internet."""

import json
import re
from html import escape
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from neuropose_ray.errors import error_catalogue
from neuropose_ray.service.http.ingress import interface
from neuropose_ray.service.live.connection import LiveParts
from neuropose_ray.service.settings import ServiceSettings


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The interface without anything behind it, which its description does not need."""
    folder: Path = tmp_path_factory.mktemp("data")

    class Handle:
        def options(self, **_: object) -> "Handle":
            return self

    settings = ServiceSettings(data_dir=folder, older_routes=True)
    live = LiveParts(None, None, None, settings.live)  # type: ignore[arg-type]
    return interface(settings, {"blazepose": Handle()}, None, None, live=live)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def description(app) -> dict[str, Any]:
    return app.openapi()


def ask(app: Any, path: str) -> httpx.Response:
    import asyncio

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.get(path)

    return asyncio.run(answer())


def test_the_description_is_valid(description):
    validate(description)


def test_every_operation_has_a_short_name_of_its_own(description):
    names = [route["operationId"] for methods in description["paths"].values() for route in methods.values()]
    assert len(set(names)) == len(names)
    assert {"find_people", "submit_job", "get_job", "cancel_job", "get_health", "get_artifact"} <= set(names)
    assert {"register_stream", "list_streams", "show_frame"} <= set(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def test_a_client_can_be_generated_that_has_every_operation(description, tmp_path: Path):
    """The generator warns of what it cannot express, and leaves it out."""
    import openapi_python_client
    from openapi_python_client.config import Config, ConfigFile, MetaType

    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(description))
    chosen = ConfigFile(post_hooks=[])
    config = Config.from_sources(
        chosen, MetaType.NONE, document_source=document, file_encoding="utf-8", overwrite=True,
        output_path=tmp_path / "client",
    )  # fmt: skip
    faults = openapi_python_client.generate(config=config)
    assert [fault for fault in faults if fault.level.name == "ERROR"] == []
    made = {file.stem for file in (tmp_path / "client" / "api").rglob("*.py")}
    for methods in description["paths"].values():
        assert {route["operationId"] for route in methods.values()} <= made


def test_the_page_asks_nobody_but_this_service(app):
    page = ask(app, "/docs")
    assert page.status_code == 200
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page.text)) == {
        "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "data:,"
    }  # fmt: skip
    assert "http://" not in page.text
    assert "https://" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]


@pytest.mark.parametrize(
    ("name", "kind"), [("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")]
)
def test_what_the_page_needs_is_there(app, name: str, kind: str):
    answer = ask(app, f"/docs/{name}")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    assert len(answer.content) > 100_000


def test_every_error_code_is_explained_on_a_page_that_asks_nobody(app, description):
    page = ask(app, "/docs/errors")
    assert page.status_code == 200
    for entry in error_catalogue():
        assert f'id="{entry.code}"' in page.text
        assert all(escape(text) in page.text for text in (entry.meaning, entry.cause, entry.remedy))
    assert not re.findall(r"(?:src|href)=", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "/docs/errors" in description["info"]["description"]


def test_nothing_else_is_there(app):
    assert ask(app, "/docs/favicon.png").status_code == 404
    assert ask(app, "/docs/..%2f__init__.py").status_code == 404
