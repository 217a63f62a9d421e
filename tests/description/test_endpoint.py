import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
from description.samples import NAME, random_report
from support.http_server import served

from neuropose_ray.description import EndpointSettings, describe
from neuropose_ray.description.endpoint import worded
from neuropose_ray.description.findings import findings_of_report

REPORT = next(
    report
    for report in map(random_report, range(100))
    if report.results.repetitions and report.results.repetitions.records and report.results.angles
)
FINDINGS = findings_of_report(REPORT)
TEMPLATE = describe(FINDINGS, "en")


class Endpoint:
    """A server that speaks the protocol of chat completions.

    Args:
        answers: by request, in order, the last one again: what becomes the content of the message, of the facts that
            were sent, or a status, or bytes that are the whole body.
    """

    def __init__(self, *answers):
        self.answers, self.requests = answers, []

    def reply(self, headers, body):
        self.requests.append((headers, body))
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, int):
            return answer, b"{}"
        if isinstance(answer, bytes):
            return 200, answer
        facts = json.loads(body["messages"][-1]["content"])["facts"]
        message = {"role": "assistant", "content": json.dumps(answer(facts))}
        usage = {"prompt_tokens": 321, "completion_tokens": 45, "details": {"cached": 0}}
        return 200, json.dumps({"choices": [{"message": message}], "usage": usage}).encode()


@contextmanager
def serving(endpoint):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, data = endpoint.reply({**self.headers, "path": self.path}, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *parts):
            pass

    with served(Handler) as port:
        yield f"http://127.0.0.1:{port}/v1"


def wording(*answers, retries=2, **settings):
    endpoint = Endpoint(*answers)
    with serving(endpoint) as url:
        return worded(FINDINGS, "en", EndpointSettings(url=url, model="m", retries=retries, **settings)), endpoint


def truthful(facts):
    sentences = [{"text": f"To put it plainly: {fact['fact']}", "facts": [fact["id"]]} for fact in facts]
    parts = dict.fromkeys(fact["part"] for fact in facts)
    by_part = {part: [s for s, fact in zip(sentences, facts, strict=True) if fact["part"] == part] for part in parts}
    return {"paragraphs": [{"part": part, "sentences": said} for part, said in by_part.items()]}


def changed(facts, change):
    answer = truthful(facts)
    for paragraph in answer["paragraphs"]:
        for sentence in paragraph["sentences"]:
            change(sentence)
    return answer


def test_a_true_answer_words_the_measured_part_and_doubts_stay_those_of_the_templates():
    made, endpoint = wording(truthful)
    assert made.use.refused is None
    assert "To put it plainly: " in made.description.text
    own = {paragraph.part: paragraph for paragraph in TEMPLATE.paragraphs if paragraph.part in ("doubts", "advice")}
    assert {p.part: p for p in made.description.paragraphs if p.part in own} == own
    assert len(endpoint.requests) == 1


def test_what_is_sent_asks_for_a_schema_at_temperature_0_and_names_nobody():
    _, endpoint = wording(truthful, key="sk-secret")
    headers, body = endpoint.requests[0]
    assert headers["path"] == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer sk-secret"
    assert (body["model"], body["temperature"]) == ("m", 0)
    assert body["response_format"]["json_schema"]["strict"] is True
    sent = json.dumps(body)
    for secret in (NAME, "4711", "predictions", ".parquet", "sk-secret"):
        assert secret not in sent


def test_what_was_asked_and_what_it_cost_is_recorded_without_the_key():
    made, endpoint = wording(truthful, key="sk-secret")
    use = made.use
    assert json.loads(use.prompt) == endpoint.requests[0][1]["messages"]
    assert use.usage == {"prompt_tokens": 321, "completion_tokens": 45}
    assert (use.model, use.attempts) == ("m", 1)
    assert "sk-secret" not in use.model_dump_json()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: s.update(text=s["text"] + " That is 17.3 more than usual."), "a number"),
        (lambda s: s.update(text=s["text"] + " That is forty... no, twelve times."), "a number"),
        (lambda s: s.update(text=s["text"] + " Und das linke Bein hinkt."), "a side"),
        (lambda s: s.update(text=s["text"] + " Mit LINKEM Bein hinkt die Person."), "a side"),
        (lambda s: s.update(facts=["f999"]), "a fact that there is not"),
        (lambda s: s.update(facts=[]), "schema"),
        (lambda s: s.pop("facts"), "schema"),
        (lambda s: s.update(diagnosis="none"), "schema"),
    ],
)
def test_a_lie_is_refused_and_the_templates_stand_in_its_place(change, reason):
    made, endpoint = wording(lambda facts: changed(facts, change))
    assert made.description == TEMPLATE
    assert reason in made.use.refused
    assert len(endpoint.requests) == 1, "a lie is not asked for again"


@pytest.mark.slow
def test_each_single_number_that_is_changed_is_refused():
    numbers = 0
    for place in range(len(FINDINGS)):

        def lie(facts, place=place):
            answer = truthful(facts)
            sentences = [sentence for paragraph in answer["paragraphs"] for sentence in paragraph["sentences"]]
            if place < len(sentences):
                for digit in "0123456789":
                    sentences[place]["text"] = sentences[place]["text"].replace(digit, str((int(digit) + 7) % 10), 1)
            return answer

        made, _ = wording(lie)
        numbers += made.use.refused is not None
        assert (made.description == TEMPLATE) == (made.use.refused is not None)
    assert numbers >= 5


def test_a_number_of_another_fact_is_refused():
    def exchanged(facts):
        answer = truthful(facts)
        sentences = [sentence for paragraph in answer["paragraphs"] for sentence in paragraph["sentences"]]
        for sentence in sentences:
            sentence["facts"] = [facts[0]["id"]]
        return answer

    assert wording(exchanged)[0].use.refused is not None


def test_a_fact_that_is_left_out_is_refused():
    def short(facts):
        answer = truthful(facts)
        answer["paragraphs"][-1]["sentences"].pop()
        answer["paragraphs"] = [paragraph for paragraph in answer["paragraphs"] if paragraph["sentences"]]
        return answer

    assert "left out" in wording(short)[0].use.refused


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{"message": {}}]}']
)
def test_what_is_no_chat_completion_is_refused(body):
    made, _ = wording(body)
    assert made.description == TEMPLATE
    assert made.use.refused is not None


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_endpoint_is_asked_again(status):
    made, endpoint = wording(status, truthful)
    assert made.use.refused is None
    assert made.use.attempts == len(endpoint.requests) == 2


def test_an_endpoint_that_stays_overloaded_is_given_up_after_its_retries():
    made, endpoint = wording(503, retries=1)
    assert made.description == TEMPLATE
    assert len(endpoint.requests) == 2
    assert "503" in made.use.refused


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_not_asked_again(status):
    made, endpoint = wording(status)
    assert str(status) in made.use.refused
    assert len(endpoint.requests) == 1


def test_an_endpoint_that_does_not_answer_in_time_leaves_the_templates():
    released = threading.Event()

    def late(facts):
        released.wait(20)
        return truthful(facts)

    try:
        made, _ = wording(late, retries=0, timeout_s=0.2)
        assert "ReadTimeout" in made.use.refused
        assert made.description == TEMPLATE
    finally:
        released.set()


def test_nobody_at_the_address_leaves_the_templates():
    made = worded(FINDINGS, "en", EndpointSettings(url="http://127.0.0.1:9/v1", model="m", retries=0))
    assert made.description == TEMPLATE
    assert "did not answer" in made.use.refused
