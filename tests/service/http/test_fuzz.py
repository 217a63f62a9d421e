"""Requests made of the interface's own description: no server error, and nothing written outside the data folder."""

import pytest
from hypothesis import HealthCheck, Phase, settings

pytestmark = [pytest.mark.ray, pytest.mark.serve]


def fuzz(service, examples: int) -> None:
    # Seconds that only the process shall pay that has the service.
    import schemathesis
    from schemathesis.checks import not_a_server_error

    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    before = set(service.data.root.parent.iterdir())
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @_given(operation)
        def ask(case) -> None:
            answer = case.call(timeout=60)
            # 503 and 507 say that the service, or its disk, is not ready, and draining may be what was asked for.
            if answer.status_code not in (503, 507):
                case.validate_response(answer, checks=(not_a_server_error,))

        ask()
    assert set(service.data.root.parent.iterdir()) == before
    with service.client() as client:
        client.post("/v1/control", json={"action": "resume"})
        assert client.get("/v1/ready").status_code == 200


def _given(operation):
    from hypothesis import given

    return given(case=operation.as_strategy())


@pytest.mark.slow
def test_a_few_requests_to_each_route(service):
    fuzz(service, examples=2)


@pytest.mark.endurance
def test_many_requests_to_each_route(service):
    fuzz(service, examples=300)
