import pytest
from pydantic import ValidationError

from neuropose_ray.description import DescriptionSettings, EndpointSettings
from neuropose_ray.service.settings import load_settings


def test_templates_in_english_are_the_default():
    assert DescriptionSettings() == DescriptionSettings(language="en", endpoint=None)


def test_an_endpoint_comes_from_the_environment_and_hides_its_key():
    environment = {
        "NEUROPOSE_DESCRIPTION__ENDPOINT__URL": "http://127.0.0.1:11434/v1",
        "NEUROPOSE_DESCRIPTION__ENDPOINT__MODEL": "llama3.1",
        "NEUROPOSE_DESCRIPTION__ENDPOINT__KEY": "sk-secret",
    }
    endpoint = load_settings(None, {}, environment).description.endpoint
    assert endpoint is not None
    assert endpoint.key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in repr(endpoint)


@pytest.mark.parametrize("url", [
    "ftp://host/v1", "file:///etc/passwd", "http://user:password@host/v1", "host", "", "http://[x/v1",
    "http://host:99999/v1", "http://host:port/v1",
])  # fmt: skip
def test_a_url_is_http_and_holds_no_credentials(url):
    with pytest.raises(ValidationError):
        EndpointSettings(url=url, model="any")
