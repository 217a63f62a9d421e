"""Whoever asks for it is told that a job has ended, once for each end, whatever ended it and whoever was away."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.job_manager import WEBHOOK_SECRET, Gate, Manager, request_for, settings_for
from support.webhook_receiver import Receiver, receiver

from neuropose_ray.errors import AddressRefusedError
from neuropose_ray.schemas.jobs import Job, JobRequest, JobWebhook
from neuropose_ray.service.deliveries import Deliveries, Delivery
from neuropose_ray.stores import verify_signature

PATIENCE_S = 60.0


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, new_database: Path) -> Path:
    folder = tmp_path_factory.mktemp("data")
    shutil.copyfile(new_database, folder / new_database.name)
    return folder


@pytest.fixture(scope="module")
def gate() -> Gate:
    """Holds up the poses of jobs; it is open where a test does not close it."""
    gate = Gate()
    gate.open.set()
    return gate


@pytest.fixture(scope="module")
def manager(folder: Path, gate: Gate) -> Iterator[Manager]:
    running = Manager(settings_for(folder), engines=gate)
    yield running
    running.close()


@pytest.fixture
def request_of(folder: Path, video: Path) -> Callable[..., JobRequest]:
    """A request of one video, with a webhook."""

    def new(url: str, secret: str | None = None, **fields: object) -> JobRequest:
        webhook = JobWebhook.model_construct(url=url, secret=secret)
        return request_for(folder, video, workflow="poses", webhook=webhook, **fields)

    return new


def told(manager: Manager, job: Job, state: str = "delivered") -> Job:
    return manager.when(job.id, lambda known: known.webhook is not None and known.webhook.state == state)


def test_a_completed_job_is_told_of_once_and_signed(
    manager: Manager, request_of: Callable[..., JobRequest], hook: Receiver
):
    request = request_of(hook.url, labels={"patient": "p07"})
    job = told(manager, manager("submit", request))
    (message,) = hook.messages
    assert message.body["event"] == "job.ended"
    assert message.body["id"] == message.key
    assert {name: message.body["job"][name] for name in ("id", "state", "labels")} == {
        "id": request.id, "state": "completed", "labels": {"patient": "p07"}
    }  # fmt: skip
    assert verify_signature(message.headers["neuropose-signature"], message.content, WEBHOOK_SECRET, now=time.time())
    assert job.webhook is not None
    assert (job.webhook.receiver, job.webhook.attempts, job.webhook.status) == (f"http://{hook.host}", 1, 204)
    assert "webhook" not in message.body["job"]


def test_a_job_has_its_own_secret_and_nobody_is_shown_it(
    manager: Manager, request_of: Callable[..., JobRequest], hook: Receiver
):
    secret = "of this job alone"
    job = told(manager, manager("submit", request_of(f"{hook.url}?token=hidden", secret)))
    (message,) = hook.messages
    assert verify_signature(message.headers["neuropose-signature"], message.content, secret, now=time.time())
    assert message.path == "/hook?token=hidden"
    for shown in (job.model_dump_json(), message.content.decode()):
        assert secret not in shown
        assert "hidden" not in shown


@pytest.mark.slow
def test_a_cancelled_job_that_never_began_is_told_of_and_again_when_it_ends_again(
    manager: Manager, gate: Gate, request_of: Callable[..., JobRequest], hook: Receiver
):
    gate.open.clear()
    request = request_of(hook.url)
    manager("submit", request)
    told(manager, manager("cancel", request.id))
    manager("retry", request.id)
    gate.open.set()
    told(manager, manager.ended(request.id)[0])
    assert [message.body["job"]["state"] for message in hook.messages] == ["cancelled", "completed"]
    assert len({message.key for message in hook.messages}) == 2


@pytest.mark.slow
def test_a_receiver_that_is_away_is_told_when_it_is_back(
    manager: Manager, request_of: Callable[..., JobRequest], hook: Receiver
):
    hook.answers = [(503, {}), (429, {"Retry-After": "1"})]
    job = told(manager, manager("submit", request_of(hook.url)))
    assert job.webhook is not None
    assert job.webhook.attempts == 3
    assert len(hook.messages) == 1


@pytest.mark.slow
def test_a_message_that_could_not_be_ordered_is_ordered_again(
    manager: Manager, request_of: Callable[..., JobRequest], hook: Receiver, monkeypatch: pytest.MonkeyPatch
):
    enqueue, tries = Deliveries.enqueue, []

    def fail_once(deliveries: Deliveries, delivery: Delivery) -> None:
        tries.append(delivery.delivery_id)
        if len(tries) == 1:
            raise OSError("the database is away")
        enqueue(deliveries, delivery)

    monkeypatch.setattr(Deliveries, "enqueue", fail_once)
    told(manager, manager("submit", request_of(hook.url)))
    assert len(tries) == 2
    assert len(set(tries)) == len(hook.messages) == 1


def test_a_job_that_is_removed_as_soon_as_it_has_ended_is_told_of(
    manager: Manager, request_of: Callable[..., JobRequest], hook: Receiver
):
    request = request_of(hook.url)
    manager("submit", request)
    manager("remove", manager.ended(request.id)[0].id)
    until = time.monotonic() + PATIENCE_S
    while not hook.messages:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert [message.body["job"]["id"] for message in hook.taken()] == [request.id]


def test_a_message_that_is_refused_fails_and_says_why(
    manager: Manager, request_of: Callable[..., JobRequest], hook: Receiver
):
    hook.status = 410
    job = told(manager, manager("submit", request_of(hook.url)), "failed")
    assert job.state == "completed"
    assert job.webhook is not None
    assert "410" in (job.webhook.last_error or "")
    assert hook.refused == 1


@pytest.mark.parametrize(
    "url", ["http://user@example.org/", "http://ex ample.org/", "http://[::1/", "http://", "file:///etc/passwd"]
)
def test_a_url_that_no_message_may_go_to_is_refused_before_the_job_is_taken_on(
    manager: Manager, request_of: Callable[..., JobRequest], url: str
):
    before = len(manager("jobs").jobs)
    with pytest.raises(AddressRefusedError, match=r"service\.webhooks"):
        manager("submit", request_of(url))
    assert len(manager("jobs").jobs) == before


@pytest.mark.endurance  # the sender's own tests have the same without a job
def test_an_address_that_clouds_keep_credentials_at_is_never_posted_to(
    manager: Manager, request_of: Callable[..., JobRequest]
):
    job = told(manager, manager("submit", request_of("http://169.254.169.254/latest")), "failed")
    assert job.webhook is not None
    assert "network that may not be connected to" in (job.webhook.last_error or "")
