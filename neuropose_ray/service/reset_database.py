"""The queue of jobs in PostgreSQL made empty again: jobs and messages about their ends, nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from neuropose_ray.errors import ServiceError, first_line
from neuropose_ray.service import deliveries
from neuropose_ray.service.jobs import durable
from neuropose_ray.service.preflight import database_server
from neuropose_ray.service.settings import ServiceSettings

if TYPE_CHECKING:
    from dbos import DBOSClient
    from sqlalchemy import URL

_QUEUES = [durable.QUEUE, deliveries.QUEUE]
_PAGE, _CONNECT_S = 1000, 5


class JobDatabase:
    """The jobs of a service in a PostgreSQL, looked at from outside; nobody may be working on them.

    Args:
        settings: of the service.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    def count(self) -> int:
        """How many jobs there are; 0 where the queue is in the data folder, or was never made.

        Raises:
            SettingsError: the URL is none of PostgreSQL's.
            ServiceError: the database does not answer.
        """
        with self._client() as client:
            return 0 if client is None else len(_ids(client, durable.QUEUE))

    def clear(self) -> int:
        """Remove all jobs, and the messages about their ends; how many jobs.

        Raises:
            SettingsError: the URL is none of PostgreSQL's.
            ServiceError: the database does not answer.
        """
        with self._client() as client:
            if client is None:
                return 0
            jobs = len(_ids(client, durable.QUEUE))
            for queue in _QUEUES:
                ids = _ids(client, queue)
                for begin in range(0, len(ids), _PAGE):
                    client.delete_workflows(ids[begin : begin + _PAGE])
            return jobs

    @contextmanager
    def _client(self) -> Iterator[DBOSClient | None]:
        """A client of the database, None where it has no queue."""
        url = database_server(self._settings)
        if url is None:
            yield None
            return
        from sqlalchemy.exc import SQLAlchemyError

        server = url.set(drivername="postgresql+psycopg")
        try:
            if not _has_tables(server):
                yield None
                return
            from dbos import DBOSClient, DBOSPortableJSONSerializer

            address = url.render_as_string(hide_password=False)
            client = DBOSClient(system_database_url=address, serializer=DBOSPortableJSONSerializer())
            try:
                yield client
            finally:
                client.destroy()
        except SQLAlchemyError as error:
            reason = first_line(getattr(error, "orig", None) or error)
            where = f"{url.host}:{url.port or 5432}"
            raise ServiceError("the database of jobs does not answer", where=where, hint=reason) from error


def _has_tables(server: URL) -> bool:
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.exc import OperationalError

    engine = create_engine(server, connect_args={"connect_timeout": _CONNECT_S})
    try:
        return bool(inspect(engine).has_table("workflow_status", schema="dbos"))
    except OperationalError as error:
        if "does not exist" in str(error):
            return False
        raise
    finally:
        engine.dispose()


def _ids(client: DBOSClient, queue: str) -> list[str]:
    """The workflows of a queue of this program's; others may share the database."""
    rows = client.list_workflows(
        queue_name=queue, application_name=durable.APPLICATION, load_input=False, load_output=False
    )
    return [row.workflow_id for row in rows]
