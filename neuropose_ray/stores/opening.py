"""The stores that the settings ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from neuropose_ray.stores.protocol import EventBus, ImageStore, RecordStore
from neuropose_ray.stores.settings import REDIS_SCHEMES, StoreSettings, WebhookSettings
from neuropose_ray.stores.webhook import WebhookSender

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Stores:
    """All that actions write to."""

    records: RecordStore
    images: ImageStore
    events: EventBus
    webhooks: WebhookSender

    def sweep(self, now: float) -> int:
        """Remove pictures and events whose time is over at ``now`` (Unix seconds); how many there were.

        Raises:
            StoreUnavailableError: one of the stores is away.
        """
        return self.images.sweep(now) + self.events.sweep(now)

    def close(self) -> None:
        """Let go of all connections."""
        for store in (self.records, self.images, self.events, self.webhooks):
            store.close()


def open_stores(settings: StoreSettings, folder: Path, webhooks: WebhookSettings | None = None) -> Stores:
    """The stores of the settings; none of them is connected to before it is used.

    Args:
        settings: which stores.
        folder: of what is kept in files: ``records.sqlite``, ``events.sqlite``, ``images/``.
        webhooks: where they may be sent; nowhere without.

    Raises:
        OutputError: a file of the folder cannot be made.
    """
    return Stores(
        open_records(settings, folder),
        _open_images(settings, folder),
        _open_events(settings, folder),
        WebhookSender(webhooks or WebhookSettings()),
    )


def open_records(settings: StoreSettings, folder: Path) -> RecordStore:
    """The store of records alone; see :func:`open_stores`."""
    from neuropose_ray.stores.sql import SqlDatabase, sqlite_url
    from neuropose_ray.stores.sql_records import SqlRecords

    url = settings.records_url
    address = sqlite_url(folder / "records.sqlite") if url is None else url.get_secret_value()
    database = SqlDatabase(address, timeout_s=settings.timeout_s, pool_size=settings.pool_size)
    return SqlRecords(database, settings.collections)


def _open_images(settings: StoreSettings, folder: Path) -> ImageStore:
    if settings.images_url is None:
        from neuropose_ray.stores.files import FileImages

        return FileImages(folder / "images")
    from neuropose_ray.stores.redis import RedisImages

    return RedisImages(settings.images_url.get_secret_value(), settings.timeout_s)


def _open_events(settings: StoreSettings, folder: Path) -> EventBus:
    from neuropose_ray.stores.events import SqlEvents
    from neuropose_ray.stores.sql import SqlDatabase, sqlite_url

    keep_s = settings.keep_events_days * _DAY_S
    url = None if settings.events_url is None else settings.events_url.get_secret_value()
    if url is not None and urlsplit(url).scheme in REDIS_SCHEMES:
        from neuropose_ray.stores.redis import RedisEvents

        return RedisEvents(url, settings.timeout_s, keep_s=keep_s, stream_events=settings.stream_events)
    address = sqlite_url(folder / "events.sqlite") if url is None else url
    database = SqlDatabase(address, timeout_s=settings.timeout_s, pool_size=settings.pool_size)
    return SqlEvents(database, keep_s)
