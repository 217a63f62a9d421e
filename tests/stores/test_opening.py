"""The settings decide what is opened; nothing is connected to, and little is loaded, before it is used."""

import subprocess
import sys
import time
from pathlib import Path

from neuropose_ray.stores import RecordOrigin, StoreSettings, open_stores


def test_without_settings_everything_is_in_the_folder(tmp_path: Path):
    stores = open_stores(StoreSettings(), tmp_path / "live")
    stores.records.create("squats", "k", {}, RecordOrigin("action-1"))
    stores.images.put("a.jpg", b"\xff\xd8\xff", 1)
    stores.events.publish("alarms", {}, "event-1")
    assert stores.sweep(time.time() + 8 * 86_400) == 2
    stores.close()
    assert {path.name for path in (tmp_path / "live").iterdir() if "-" not in path.name} == {
        "records.sqlite", "events.sqlite", "images"
    }  # fmt: skip


def test_servers_that_are_away_stop_no_start(tmp_path: Path):
    urls = {
        "records_url": "postgresql://127.0.0.1:1/x", "images_url": "redis://127.0.0.1:1", "events_url": "redis://127.0.0.1:1"
    }  # fmt: skip
    open_stores(StoreSettings.model_validate(urls), tmp_path).close()


def test_the_settings_load_no_database_and_no_client():
    script = "import sys, neuropose_ray.stores as s; s.StoreSettings(); s.WebhookSettings()\n"
    script += "print(*(sys.modules.keys() & {'sqlalchemy', 'redis', 'httpx', 'psycopg'}))"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.split() == []
