"""The database: embedded or external PostgreSQL, checked before use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from adapters.database.embedded import EmbeddedServer
from adapters.settings import Settings

POOL_SIZE = 8
STATEMENT_TIMEOUT_MS = 60_000


class Database:
    """An address of PostgreSQL, and connections to one schema of it."""

    def __init__(self, url: str, schema: str) -> None:
        self.url = url
        self.schema = schema

    def sqlalchemy_engine(self, pool_size: int = POOL_SIZE) -> Engine:
        """Connections whose search path is the schema alone; the caller disposes of the engine."""
        options = f"-c search_path={self.schema} -c statement_timeout={STATEMENT_TIMEOUT_MS}"
        return create_engine(
            make_url(self.url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            pool_pre_ping=True,
            connect_args={"options": options, "connect_timeout": 5},
        )


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The database of the settings; starts the embedded server if no address is given."""
    if settings.database_url is not None:
        yield Database(settings.database_url, settings.schema_name)
        return
    with EmbeddedServer(settings.data_folder) as server:
        yield Database(server.url, settings.schema_name)
