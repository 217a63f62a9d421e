"""Where decisions about live streams leave their mark: records, images, events and webhooks.

``protocol`` says what each kind of store does, ``opening`` makes them of settings: files and SQLite by default, Redis
and PostgreSQL by URL. All writes are idempotent, by the id of the decision that asks for them, so that a step which
is done again after a kill doubles nothing. No SQL comes from configuration: names of tables and columns are
allow-listed, everything else is a bound parameter.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
