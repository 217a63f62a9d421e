"""The interface's description as a page that needs neither scripts nor the internet."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from neuropose_ray.service.http.errors import Problem

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h2{margin:2.5rem 0 .5rem;font-size:1.1rem}code,pre{font:14px/1.45 ui-monospace,monospace;background:#f3f4f6}
code{padding:.1rem .3rem}pre{padding:.8rem;overflow-x:auto;white-space:pre-wrap}
table{border-collapse:collapse;width:100%}
td{padding:.25rem .8rem .25rem 0;vertical-align:top;border-top:1px solid #e5e7eb}
b{display:inline-block;min-width:4.5rem}
summary{cursor:pointer;color:#374151}
@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#14171a}code,pre{background:#22272e}
td{border-color:#333}
summary,a{color:#a8c7fa}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def document(app: FastAPI) -> None:
    """Complete the description of an application's routes, and add ``/docs``, which is made of it."""
    of_routes = app.openapi

    def openapi() -> dict[str, Any]:
        description = of_routes()
        # Routes name it by reference alone: FastAPI knows no media type for errors.
        description["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        return description

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()), headers={"Content-Security-Policy": _POLICY})


def page(description: Mapping[str, Any]) -> str:
    """An OpenAPI description as HTML."""
    info = description["info"]
    routes = "".join(
        _route(method.upper(), path, route)
        for path, methods in description["paths"].items()
        for method, route in methods.items()
    )
    schemas = "".join(
        f"<details><summary><code>{_text(name)}</code> {_text(schema.get('description', ''))}</summary>"
        f"<pre>{_text(json.dumps(schema, indent=2))}</pre></details>"
        for name, schema in description.get("components", {}).get("schemas", {}).items()
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{_text(info['title'])}</title><style>{_STYLE}</style>"
        f"<h1>{_text(info['title'])} {_text(info['version'])}</h1><p>{_text(info.get('description', ''))} "
        f"For programs: <a href=/openapi.json>openapi.json</a>.</p>{routes}<h2>Records</h2>{schemas}</html>"
    )


def _route(method: str, path: str, route: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr><td><code>{_text(name)}</code><td>{_text(what)}" for name, what in _rows(route))
    more = f"<pre>{_text(route['description'])}</pre>" if route.get("description") else ""
    head = f"<h2><b>{method}</b> <code>{_text(path)}</code></h2><p>{_text(route.get('summary', ''))}."
    return f"{head}{more}<table>{rows}</table>"


def _rows(route: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Parameters, body and answers, a line each."""
    for each in route.get("parameters", ()):
        needed = "" if each.get("required") else ", optional"
        yield each["name"], f"{each['in']}{needed}. {each.get('description', '')}"
    for kind, content in route.get("requestBody", {}).get("content", {}).items():
        yield kind, f"body: {_kind(content.get('schema', {}))}"
    for code, answer in route.get("responses", {}).items():
        kinds = ", ".join(_kind(content.get("schema", {})) for content in answer.get("content", {}).values())
        yield code, f"{answer.get('description', '')} {kinds}"


def _kind(schema: Mapping[str, Any]) -> str:
    """What a schema is called, or its fields."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "properties" in schema:
        return ", ".join(f"{name} ({_kind(field)})" for name, field in schema["properties"].items())
    return str(schema.get("description") or schema.get("type", ""))


def _text(value: object) -> str:
    return html.escape(str(value))
