"""Settings of live streams."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from neuropose_ray.schemas.live import CLIP_BYTES
from neuropose_ray.stores import StoreSettings

_Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/]+$", to_lower=True)]


class LiveSettings(BaseModel):
    """What live streams may do, and how much of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=True, description="whether there are live streams at all")
    max_clients: int = Field(default=200, ge=1, description="WebSockets at once; the next is refused")
    max_subscriptions: int = Field(default=16, ge=1, description="of one client")
    max_streams: int = Field(default=64, ge=1, description="sources at once, registered or subscribed to")
    private_networks: bool = Field(
        default=False,
        description="read cameras in private address ranges, where most are; name them in `hosts`, so that nobody "
        "can look at what else answers there",
    )
    hosts: tuple[str, ...] = Field(
        default=(),
        description="that sources may name, `name:port` at another port than the usual; empty: all public ones",
    )
    hls: bool = Field(default=False, description="read HLS, whose segments may point to any host")
    devices: bool = Field(default=False, description="read this machine's own cameras")
    files: tuple[str, ...] = Field(default=(), description="folders in which sources may name files")
    origins: tuple[_Origin, ...] = Field(
        default=(), description="of pages, besides the service's own, that may open WebSockets: https://ward.example"
    )
    latency_budget_s: float = Field(
        default=1.0, gt=0, description="a frame that waited longer for the pose model is left out"
    )
    frames_in_flight: int = Field(
        default=2,
        ge=1,
        le=8,
        description="of one stream, on their way to the pose model: one at it, one on its way",
    )
    lease_s: float = Field(
        default=30.0, gt=1, description="after which a stream ends that nobody has asked for: no client and no hub"
    )
    linger_s: float = Field(
        default=30.0, ge=0, description="for which a subscription of a dropped connection can be gone on with"
    )
    ack_s: float = Field(
        default=10.0, gt=0, description="without an acknowledgement of what is under way, after which a client is cut"
    )
    heartbeat_s: float = Field(default=15.0, gt=0, description="between two heartbeats to a client")
    clip_bytes: int = Field(
        default=CLIP_BYTES,
        ge=1 << 20,
        description="of the encoded video that each source keeps in memory for clips at most, whatever its `clip_s` "
        "asks for: 128 MiB are two minutes at 8 Mbit/s; `live show` says where they are fewer seconds",
    )
    bundles: tuple[str, ...] = Field(
        default=(), description="folders and https:// prefixes that bundles of rules and models may be loaded from"
    )
    session_ttl_s: float = Field(
        default=7 * 86_400.0, gt=0, description="after which a session that was not changed is removed"
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="of registered streams, sessions and accepted decisions: postgresql://user:password@host/name; "
        "empty: SQLite in the data folder",
    )
    stores: StoreSettings = StoreSettings()
