"""What would keep the service from starting, found before anything is started."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from neuropose_ray.errors import EngineError, ServiceError, ServiceRunningError, SettingsError, first_line
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox import FolderLock
from neuropose_ray.service.settings import ServiceSettings

if TYPE_CHECKING:
    from sqlalchemy import URL

_LOOK_S = 0.2
#: A service that was killed takes its processes along in this time.
PREDECESSOR_S = 15.0
_CONNECT_S = 5


def require_free_address(settings: ServiceSettings) -> None:
    """Refuse an address that the ingress could not listen at.

    Raises:
        EngineError: another program listens there, or it is no address of this machine.
    """
    from neuropose_ray.service.http import bound

    try:
        bound(settings.host, settings.port).close()
    except OSError as error:
        where, what = f"{settings.host}:{settings.port}", error.strerror or str(error)
        raise EngineError(f"cannot listen ({what})", where=where, hint="choose another --port or --host") from error


def require_free_folder(data: DataFolder, stop: threading.Event, wait_s: float = PREDECESSOR_S) -> None:
    """Refuse a data folder that another service has.

    Args:
        data: made if it is not there.
        stop: ends the wait.
        wait_s: for a service that is just ending.

    Raises:
        ServiceRunningError: another service has it.
        OutputError: the folder cannot be made or locked.
    """
    data.create()
    lock, until = FolderLock(data.lock), time.monotonic() + wait_s
    while not stop.is_set():
        try:
            lock.acquire()
        except ServiceRunningError:
            if time.monotonic() >= until:
                raise
            stop.wait(_LOOK_S)
        else:
            lock.release()
            return


def database_server(settings: ServiceSettings) -> URL | None:
    """The URL of the PostgreSQL that has the queue; None where it is in a file.

    Raises:
        SettingsError: the URL is none of PostgreSQL's.
    """
    if settings.jobs.database_url is None:
        return None
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    where, hint = "service.jobs.database_url", "write postgresql://user:password@host/name"
    try:
        url = make_url(settings.jobs.database_url.get_secret_value())
    except (SQLAlchemyError, ValueError) as error:
        # The text of the error may hold the password.
        raise SettingsError("not the URL of a database", where=where, hint=hint) from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        return None
    if backend != "postgresql":
        raise SettingsError(f"a database of {backend} cannot keep the queue", where=where, hint=hint)
    return url


def require_database(settings: ServiceSettings) -> None:
    """Refuse a database that does not answer; one in the data folder is made when the queue is opened.

    Raises:
        SettingsError: the URL is none of PostgreSQL's.
        ServiceError: nothing answers there, or it lets nobody in.
    """
    url = database_server(settings)
    if url is None:
        return
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    # A database that is not there yet is made; the server's own one is always there.
    failure: SQLAlchemyError | None = None
    for name in (url.database, "postgres"):
        engine = create_engine(
            url.set(drivername="postgresql+psycopg", database=name), connect_args={"connect_timeout": _CONNECT_S}
        )
        try:
            with engine.connect():
                return
        except SQLAlchemyError as error:
            failure = failure or error
            if "does not exist" not in str(error):
                break
        finally:
            engine.dispose()
    reason = "" if failure is None else first_line(getattr(failure, "orig", None) or failure)
    hint = f"start the database, or correct service.jobs.database_url: {reason}"
    raise ServiceError("the database of jobs does not answer", where=f"{url.host}:{url.port or 5432}", hint=hint)
