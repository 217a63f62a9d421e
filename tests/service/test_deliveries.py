"""A message is brought to its receiver however long that is away, once for its key, in the order of its line."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.webhook_receiver import Receiver, receiver

from neuropose_ray.service import deliveries as module
from neuropose_ray.service.deliveries import Deliveries, Delivery, DeliveryState
from neuropose_ray.service.durable_work import Pauses, dbos_configuration
from neuropose_ray.service.queue_looks import QueueLooks
from neuropose_ray.stores import WebhookSender, WebhookSettings

PATIENCE_S = 60.0
Reports = list[tuple[str, DeliveryState]]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('deliveries') / 'deliveries.sqlite'}"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as started:
        yield started


@pytest.fixture
def opened(database: str) -> Iterator[Callable[..., tuple[Deliveries, Reports]]]:
    """Open deliveries in a DBOS of their own; what they report."""
    from dbos import DBOS

    def close() -> None:
        for deliveries in running:
            deliveries.stop()
            DBOS.destroy(destroy_registry=True)
        running.clear()

    def opened(in_line_s: float = 30.0, **settings: Any) -> tuple[Deliveries, Reports]:
        close()
        reports: Reports = []
        sender = WebhookSender(WebhookSettings(hosts=("*",), http=True, private_networks=True, **settings))
        pauses = Pauses(first_s=0.05, longest_s=0.2)
        made = Deliveries(
            sender,
            lambda delivery, state: reports.append((delivery.delivery_id, state)),
            in_line_s=in_line_s,
            pauses=pauses,
            poll_s=0.05,
            looks=QueueLooks(),
        )
        DBOS(config=dbos_configuration("deliveries-test", database, "one"))
        made.register()
        DBOS.launch()
        made.open()
        running.append(made)
        return made, reports

    running: list[Deliveries] = []
    yield opened
    close()


def delivery(name: str, url: str, line: str = "line", age_s: float = 0.0) -> Delivery:
    return Delivery(delivery_id=name, url=url, body={"name": name}, line=line, created_at=time.time() - age_s)


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def names(hook: Receiver) -> list[str]:
    return [message.body["name"] for message in hook.messages]


def test_messages_of_a_line_come_in_their_order_and_once(opened: Callable[..., Any], hook: Receiver):
    made, reports = opened()
    hook.answers = [(503, {}), (500, {})]
    for name in ("a1", "a2", "a3", "a1"):
        made.enqueue(delivery(name, hook.url))
    wait_until(lambda: made.counts() == 0)
    assert names(hook) == ["a1", "a2", "a3"]
    assert [(name, state.state, state.attempts) for name, state in reports if name == "a1"] == [
        ("a1", "pending", 1), ("a1", "pending", 2), ("a1", "delivered", 3)
    ]  # fmt: skip


def test_a_receiver_that_is_away_holds_up_its_own_line_alone(opened: Callable[..., Any], hook: Receiver):
    made, _ = opened()
    with receiver() as away:
        away.status = 503
        made.enqueue(delivery("b1", away.url, "away"))
        made.enqueue(delivery("b2", hook.url, "there"))
        wait_until(lambda: names(hook) == ["b2"])
        assert made.counts() >= 1
        away.status = 200
        wait_until(lambda: made.counts() == 0)
        assert names(away) == ["b1"]


@pytest.mark.slow
def test_a_message_that_stays_in_vain_makes_room_for_those_behind_it_and_comes_later(
    opened: Callable[..., Any], hook: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_BETWEEN_ROUNDS", Pauses(first_s=1.5, longest_s=1.5))
    monkeypatch.setattr("dbos._workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC", 1.0)  # another test's is longer
    made, reports = opened(in_line_s=0.0)
    hook.answers = [(503, {})]
    made.enqueue(delivery("c1", hook.url))
    made.enqueue(delivery("c2", hook.url))
    wait_until(lambda: made.counts() == 0)
    assert names(hook) == ["c2", "c1"]
    assert [state.attempts for name, state in reports if name == "c1"] == [1, 2]


def test_a_message_is_given_up_in_the_end(opened: Callable[..., Any], hook: Receiver):
    made, reports = opened(give_up_hours=1)
    hook.status = 503
    made.enqueue(delivery("d1", hook.url, age_s=4000))
    wait_until(lambda: made.counts() == 0)
    ((_, state),) = reports
    assert (state.state, state.attempts) == ("failed", 1)
    assert "503" in (state.error or "")


@pytest.mark.slow
def test_what_is_under_way_goes_on_in_the_next_process_in_order(opened: Callable[..., Any], hook: Receiver):
    hook.status = 503
    first, _ = opened()
    for name in ("e1", "e2", "e3"):
        first.enqueue(delivery(name, hook.url))
    wait_until(lambda: hook.refused > 0)
    second, _ = opened()
    second.enqueue(delivery("e4", hook.url))
    hook.status = 204
    wait_until(lambda: second.counts() == 0)
    assert names(hook) == ["e1", "e2", "e3", "e4"]


def test_deliveries_that_ended_are_forgotten(opened: Callable[..., Any], hook: Receiver):
    from dbos import DBOS

    made, _ = opened()
    made.enqueue(delivery("f1", hook.url))
    wait_until(lambda: made.counts() == 0)
    made.tidy(time.time() - 3600)
    assert DBOS.list_workflows(workflow_ids=["f1"])
    made.tidy(time.time() + 3600)
    assert not DBOS.list_workflows(workflow_ids=["f1"])
