"""What `neuropose-ray doctor` looks at for the service: its folder, database, ports and stores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.cli.service_options import data_folder, service_settings
from neuropose_ray.errors import NeuroposeRayError, SettingsError

if TYPE_CHECKING:
    from neuropose_ray.doctor import Check
    from neuropose_ray.service import DataFolder, ServiceSettings


def service_checks(config: Path | None, data: Path | None) -> list[Check]:
    """All checks of what a service with these settings would stand on; nothing is made or changed.

    Args:
        config: a settings file.
        data: the data folder, instead of that of the settings.
    """
    from neuropose_ray.doctor import Check, check_folder, check_store

    try:
        settings = service_settings(config, data)
    except SettingsError as error:
        where = "" if error.where is None else f"{error.where}: "
        advice = "`neuropose-ray service config check` has a line for each"
        return [Check("settings", "fail", f"{where}{error.what}", advice)]
    folder = data_folder(settings)
    stores = settings.live.stores
    urls = {"records of live streams": stores.records_url, "pictures": stores.images_url, "events": stores.events_url}
    return [
        check_folder("data folder", folder.root, least_free_bytes=settings.jobs.min_free_bytes),
        _database(settings, folder),
        *_ports(settings, folder),
        *(check_store(name, url.get_secret_value()) for name, url in urls.items() if url is not None),
    ]


def _database(settings: ServiceSettings, folder: DataFolder) -> Check:
    from neuropose_ray.doctor import Check, check_sqlite
    from neuropose_ray.service import require_database

    name = "database of jobs"
    if settings.jobs.database_url is None:
        return check_sqlite(name, folder.database)
    try:
        require_database(settings)
    except NeuroposeRayError as error:
        where = "" if error.where is None else f"{error.where}: "
        return Check(name, "fail", f"{where}{error.what}", error.hint)
    return Check(name, "ok", "the server of service.jobs.database_url answers")


def _ports(settings: ServiceSettings, folder: DataFolder) -> list[Check]:
    from neuropose_ray.doctor import Check, check_port
    from neuropose_ray.service import DASHBOARD_PORT, read_record

    record = read_record(folder.record)
    if record is not None and record.is_alive:
        return [Check("port of the service", "ok", f"the service of this data folder has it: {record.url}")]
    dashboard = check_port("port of Ray's dashboard", "127.0.0.1", DASHBOARD_PORT)
    if dashboard.status == "warn":  # the next free one is taken
        dashboard = Check(dashboard.name, "ok", f"{dashboard.found}; the next that is free is taken")
    return [check_port("port of the service", settings.host, settings.port), dashboard]
