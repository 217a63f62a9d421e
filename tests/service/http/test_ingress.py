"""The interface as a whole: every route behind a token, limits before work, and a record of who was refused."""

import asyncio
import hashlib
import json

import httpx

from neuropose_ray import __version__
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.ingress import Ingress, interface
from neuropose_ray.service.settings import ServiceSettings

SECRET = "a secret of the laboratory"
OPEN = {("get", "/v1/health"), ("get", "/v1/ready")}


class Handle:
    """Stands for Serve's handle of a deployment that none of these requests reaches."""

    def options(self, **_):
        return self


def settings_of(folder, *, tokens=True, **http):
    token = {"name": "lab", "sha256": hashlib.sha256(SECRET.encode()).hexdigest(), "scopes": ["read"]}
    return ServiceSettings(data_dir=folder, tokens=[token] if tokens else [], http=http)


def made(folder, **options):
    return interface(settings_of(folder, **options), {"blazepose": Handle()}, None, None)


def ask(app, *requests, secret=None, client="127.0.0.1"):
    """Answers to (method, path), one after the other."""

    async def answers():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(client, 1))
        headers = {} if secret is None else {"authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as session:
            return [await session.request(method, path, headers=headers) for method, path in requests]

    return asyncio.run(answers())


def routes(app):
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            yield method, path.replace("{job_id}", "a" * 26).replace("{path}", "x")


def test_every_route_but_those_that_probes_ask_needs_a_token(tmp_path):
    app = made(tmp_path)
    closed = [route for route in routes(app) if route not in OPEN]
    assert len(closed) > 8
    for secret in (None, "wrong"):
        assert {answer.status_code for answer in ask(app, *closed, secret=secret)} == {401}


def test_a_token_lets_nobody_do_what_is_not_in_its_scopes(tmp_path):
    app = made(tmp_path)
    answers = ask(app, ("post", "/v1/jobs"), ("post", "/v1/control"), secret=SECRET)
    assert [answer.status_code for answer in answers] == [403, 403]


def test_what_is_not_there_is_a_problem_with_an_id(tmp_path):
    (answer,) = ask(made(tmp_path), ("get", "/v1/nothing"), secret=SECRET)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["id"]


def test_a_method_that_a_route_does_not_have_is_told_which_it_has(tmp_path):
    (answer,) = ask(made(tmp_path), ("put", "/v1/jobs"), secret=SECRET)
    assert answer.status_code == 405
    assert {method.strip() for method in answer.headers["allow"].split(",")} >= {"GET", "POST"}


def test_refusals_are_in_the_audit_log(tmp_path):
    app = made(tmp_path)
    ask(app, ("get", "/v1/jobs"))
    lines = [json.loads(line) for line in DataFolder(tmp_path).refusals.read_text().splitlines()]
    assert [line["status"] for line in lines] == [401]


def test_more_requests_of_a_token_than_are_allowed_are_refused(tmp_path):
    app = made(tmp_path, requests_per_s=0.001, burst=2)
    answers = ask(app, *[("get", "/v1/nothing")] * 4, secret=SECRET)
    assert [answer.status_code for answer in answers] == [404, 404, 429, 429]


def test_the_description_has_the_programs_version(tmp_path):
    assert made(tmp_path).openapi()["info"]["version"] == __version__


def test_a_replica_builds_the_interface_itself(tmp_path):
    app = Ingress(settings_of(tmp_path), {"blazepose": Handle()}, Handle(), None).__serve_build_asgi_app__()
    assert set(app.openapi()["paths"]) == set(made(tmp_path).openapi()["paths"])
