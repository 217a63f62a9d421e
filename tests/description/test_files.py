import json

from description.samples import random_report

from neuropose_ray.description import DescriptionSettings, EndpointSettings, description_of, write_description


def test_templates_use_no_endpoint():
    record = description_of(random_report(3))
    assert record.endpoint is None
    assert record.description.language == "en"


def test_an_endpoint_that_fails_is_recorded_beside_the_templates_words():
    endpoint = EndpointSettings(url="http://127.0.0.1:9/v1", model="m", retries=0)
    record = description_of(random_report(3), DescriptionSettings(endpoint=endpoint))
    assert record.description == description_of(random_report(3)).description
    assert record.endpoint is not None
    assert record.endpoint.refused


def test_a_description_is_written_as_text_and_as_json(tmp_path):
    record = description_of(random_report(3), DescriptionSettings(language="de"))
    write_description(tmp_path / "description.json", record)
    assert (tmp_path / "description.txt").read_text("utf-8") == record.description.text + "\n"
    assert json.loads((tmp_path / "description.json").read_text("utf-8"))["description"]["language"] == "de"
