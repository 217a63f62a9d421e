"""What may be set of descriptions: the language, and an endpoint that words them."""

from __future__ import annotations

from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

#: The languages that there are: a file each in ``languages/``.
LanguageCode = Literal["en", "de"]
LANGUAGES: tuple[LanguageCode, ...] = get_args(LanguageCode)


class EndpointSettings(BaseModel):
    """An endpoint that speaks the protocol of OpenAI's chat completions, on this machine or elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/@\s]+(/\S*)?$")] = Field(
        description="up to and without /chat/completions, as http://127.0.0.1:11434/v1"
    )
    model: str = Field(min_length=1, description="the name by which the endpoint knows its model")
    key: SecretStr | None = Field(default=None, description="the API key; empty for a server that asks for none")
    timeout_s: float = Field(default=60.0, gt=0, description="after which a request is given up")
    retries: int = Field(default=2, ge=0, description="after a failure that may go away")

    @field_validator("url")
    @classmethod
    def _must_have_a_host_and_a_port(cls, url: str) -> str:
        _ = urlsplit(url).port  # raises ValueError, as urlsplit does for brackets that are no address
        return url


class DescriptionSettings(BaseModel):
    """How analyses are put into words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: LanguageCode = Field(default="en", description="of the text")
    endpoint: EndpointSettings | None = Field(
        default=None, description="words the text; empty: templates, and nothing leaves this machine"
    )
