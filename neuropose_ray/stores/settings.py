"""What a user may set of stores and webhooks."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

#: A name of a table, schema or column: what SQL takes everywhere, 63 bytes at most as in PostgreSQL.
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
#: A collection of records, or a channel of events: a value for the database, never part of a statement.
StoreName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$")]

SQL_SCHEMES = ("postgresql", "postgres", "sqlite")
REDIS_SCHEMES = ("redis", "rediss", "unix")


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CollectionSettings(_Settings):
    """A collection whose records are rows of a table of the user's own; fields are its columns."""

    table: Identifier = Field(description="that is there already; it is never made or changed")
    schema_name: Identifier | None = Field(default=None, alias="schema", description="of PostgreSQL; empty: public")
    key: Identifier = Field(default="id", description="its column with the record's key, unique")


class StoreSettings(_Settings):
    """Where records, images and events are kept; empty: SQLite and files in the service's data folder."""

    records_url: SecretStr | None = Field(
        default=None, description="postgresql://user:password@host/name, or sqlite:////path"
    )
    images_url: SecretStr | None = Field(default=None, description="redis://:password@host:6379/0")
    events_url: SecretStr | None = Field(
        default=None,
        description="redis://..., where events are a stream and a message of a channel; or postgresql://",
    )
    collections: dict[StoreName, CollectionSettings] = Field(
        default_factory=dict, description="records that are kept in tables of your own, by collection"
    )
    keep_events_days: float = Field(default=7.0, gt=0, description="events are removed after so long")
    stream_events: int = Field(default=10_000, ge=1, description="events that a stream of Redis keeps at least")
    timeout_s: float = Field(default=5.0, gt=0, description="for an answer of a store before it counts as away")
    pool_size: int = Field(default=5, ge=1, description="connections to PostgreSQL at most")

    @field_validator("records_url")
    @classmethod
    def _is_sql(cls, url: SecretStr | None) -> SecretStr | None:
        return _require_scheme(url, SQL_SCHEMES)

    @field_validator("images_url")
    @classmethod
    def _is_redis(cls, url: SecretStr | None) -> SecretStr | None:
        return _require_scheme(url, REDIS_SCHEMES)

    @field_validator("events_url")
    @classmethod
    def _is_sql_or_redis(cls, url: SecretStr | None) -> SecretStr | None:
        return _require_scheme(url, REDIS_SCHEMES + SQL_SCHEMES)


class WebhookSettings(_Settings):
    """Where webhooks may be sent, and how they are signed."""

    hosts: tuple[str, ...] = Field(
        default=(), description="that webhooks may be sent to, with the port where it is not the scheme's; *: any"
    )
    http: bool = Field(default=False, description="send to these hosts also without TLS")
    private_networks: bool = Field(default=False, description="let these hosts be in private address ranges")
    secret: SecretStr | None = Field(
        default=None, description="key of the signature, where the webhook has none of its own; empty: unsigned"
    )
    timeout_s: float = Field(default=10.0, gt=0, description="for one answer")
    give_up_hours: float = Field(
        default=72.0, gt=0, description="a delivery that no attempt brought through is given up after so long"
    )


def _require_scheme(url: SecretStr | None, schemes: tuple[str, ...]) -> SecretStr | None:
    if url is not None:
        # The value itself stays out of the message: it may hold a password.
        try:
            scheme = urlsplit(url.get_secret_value()).scheme.partition("+")[0]
        except ValueError:
            scheme = ""
        if scheme not in schemes:
            raise ValueError(f"a URL that begins with {', '.join(f'{name}://' for name in schemes)}")
    return url
