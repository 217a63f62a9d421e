"""The interface's description for programs, and as a page that tries it out without the internet."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response

from neuropose_ray.errors import error_catalogue
from neuropose_ray.service.http.errors import Problem

#: Swagger UI as it is packed for services without the internet.
_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_NO_ICON = "data:,"
#: Paths that are no part of the description, and need no token.
DOCUMENTATION_PATHS = frozenset({"/docs", "/openapi.json", "/docs/errors", *(f"/docs/{name}" for name in _ASSETS)})
_ERROR_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Error codes</title>
<style>:root {{color-scheme: light dark}} body {{font: 16px/1.5 system-ui, sans-serif; margin: 2em auto;
max-width: 46em; padding: 0 1em}} h2 {{margin: 1.6em 0 0}} p {{margin: .3em 0}}</style></head><body>
<h1>Error codes</h1>
<p>The <code>code</code> of an answer, of a job that failed, and of an exception in Python. An answer may also have
the name of its HTTP status as its code, such as <code>not_found</code> for a path that there is not.</p>
{entries}</body></html>
"""
UNDESCRIBED = dict.fromkeys(DOCUMENTATION_PATHS, frozenset({"GET"}))


def document(app: FastAPI) -> None:
    """Complete the description of an application's routes, and add ``/docs``, which shows it and tries it out."""
    of_routes = app.openapi

    def openapi() -> dict[str, Any]:
        description = of_routes()
        # Routes name it by reference alone: FastAPI knows no media type for errors.
        description["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        return description

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/docs/swagger-ui-bundle.js",
            swagger_css_url="/docs/swagger-ui.css",
            swagger_favicon_url=_NO_ICON,
            swagger_ui_parameters={"tryItOutEnabled": True, "displayRequestDuration": True},
        )
        return HTMLResponse(page.body, headers={"Content-Security-Policy": _policy(bytes(page.body).decode())})

    @app.get("/docs/errors", include_in_schema=False)
    async def error_codes() -> HTMLResponse:
        page = error_page()
        return HTMLResponse(page, headers={"Content-Security-Policy": _policy(page)})

    @app.get("/docs/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in _ASSETS:
            return Response(status_code=404)
        content = files("fastapi_offline").joinpath("static", name).read_bytes()
        return Response(content, media_type=_ASSETS[name], headers={"Cache-Control": "max-age=86400"})


def error_page() -> str:
    """Every error code as a page in HTML: meaning, cause and remedy, each below an anchor of its code."""
    entries = "".join(
        f'<section id="{entry.code}"><h2><code>{entry.code}</code></h2><p>{escape(entry.meaning)}</p>'
        f"<p><b>Cause:</b> {escape(entry.cause)}</p><p><b>What to do:</b> {escape(entry.remedy)}"
        f"{' Trying again can help.' if entry.retryable else ''}</p></section>"
        for entry in error_catalogue()
    )
    return _ERROR_PAGE.format(entries=entries)


def _policy(page: str) -> str:
    """What the page may do: run its own scripts, and ask this service."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    own = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return (
        f"default-src 'none'; script-src {own}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'"
    )
