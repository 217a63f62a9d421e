"""A process with an outbox, to be killed: ``python outbox_process.py FOLDER``.

It offers the decisions of ``FOLDER/decisions.jsonl`` in order, as streams do whose hub was replaced, does them with
the stores of ``FOLDER/stores.json``, notes in ``FOLDER/accepted`` how many are accepted, and ends when all are done.
"""

import json
import logging
import sys
import time
from pathlib import Path

from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.durable_work import Pauses
from neuropose_ray.service.live.outbox import Outbox
from neuropose_ray.stores import StoreSettings, WebhookSettings, open_stores


def no_clips(*_: object) -> None:
    raise AssertionError("nobody asked for a clip")


def main() -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    folder = Path(sys.argv[1])
    given = json.loads((folder / "stores.json").read_text())
    webhooks = WebhookSettings(hosts=("*",), http=True, private_networks=True)
    stores = open_stores(StoreSettings.model_validate(given["stores"]), folder, webhooks)
    pauses = Pauses(first_s=0.2, longest_s=2.0)
    outbox = Outbox(given["database_url"], stores, no_clips, print, poll_s=0.1, pauses=pauses)
    outbox.launch()
    for number, line in enumerate((folder / "decisions.jsonl").read_text().splitlines(), 1):
        outbox.accept(Decision.model_validate_json(line))
        (folder / "accepted").write_text(str(number))
        time.sleep(given["pause_s"])
    while (left := outbox.pending()).decisions or left.deliveries:
        time.sleep(0.1)
    outbox.close()
    stores.close()


if __name__ == "__main__":
    main()
