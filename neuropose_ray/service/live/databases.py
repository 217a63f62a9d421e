"""Where live streams keep what outlives a process: the settings' database, or files in the data folder."""

from __future__ import annotations

from contextlib import closing

from neuropose_ray.errors import StoreUnavailableError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.live.registry import Registry
from neuropose_ray.service.settings import Settings

#: The files of a service without a database of its own.
STREAMS, DECISIONS = "streams.sqlite", "live.sqlite"


def database_url(settings: Settings, name: str) -> str:
    """The database of streams and decisions: the settings', or a file in the data folder."""
    url = settings.service.live.database_url
    if url is not None:
        return url.get_secret_value()
    return f"sqlite:///{(DataFolder(settings.service.data_dir).live / name).absolute()}"


def has_work(settings: Settings) -> bool:
    """Whether a hub has something to do before anybody asks it: streams or decisions of an earlier life, perhaps."""
    if settings.service.live.database_url is not None:
        return True
    folder = DataFolder(settings.service.data_dir).live
    if (folder / DECISIONS).exists() or not (folder / STREAMS).exists():
        return (folder / DECISIONS).exists()
    with closing(open_registry(settings)) as registry:
        try:
            return bool(registry.streams())
        except StoreUnavailableError:  # which the hub says to whoever asks it
            return True


def open_registry(settings: Settings) -> Registry:
    """The registry of streams and sessions of a service."""
    live = settings.service.live
    url = database_url(settings, STREAMS)
    return Registry(url, most_streams=live.max_streams, session_ttl_s=live.session_ttl_s)
