"""Migrations: one command makes or upgrades the tables of one ledger, under an advisory lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateSchema

from adapters.database.guards import DatabaseUnfit

MIGRATIONS = Path(__file__).parent / "migrations"
CONNECT_SECONDS = 5


class SchemaUnknown(DatabaseUnfit):
    """The tables are not at the revision that this code knows."""

    def __init__(self, schema: str, found: str | None, expected: str | None) -> None:
        super().__init__(
            f"schema {schema!r} is at revision {found or 'none'}, this code needs {expected}: "
            "run `corebank migrate` of the newest version that works on it"
        )
        self.found = found
        self.expected = expected


def migrate(url: str, schema: str) -> str:
    """Bring the schema to the newest revision, which comes back; processes take turns.

    Raises SchemaUnknown when the schema is at a revision that this code does not have.
    """
    configuration = _configuration()
    scripts = ScriptDirectory.from_config(configuration)
    known = {script.revision for script in scripts.walk_revisions()}
    with _connection(url, schema) as connection:
        lock = {"name": f"corebank migrate {schema}"}
        connection.execute(text("SELECT pg_advisory_lock(hashtextextended(:name, 0))"), lock)
        connection.execute(CreateSchema(schema, if_not_exists=True))
        connection.commit()
        found = _revision(connection, schema)
        if found is not None and found not in known:
            raise SchemaUnknown(schema, found, scripts.get_current_head())
        configuration.attributes.update(connection=connection, schema=schema)
        command.upgrade(configuration, "head")
        connection.commit()
    return str(scripts.get_current_head())


def require_known_schema(url: str, schema: str) -> None:
    """Raise SchemaUnknown unless the schema is at exactly the revision of this code."""
    with _connection(url, schema) as connection:
        found = _revision(connection, schema)
    expected = ScriptDirectory.from_config(_configuration()).get_current_head()
    if found != expected:
        raise SchemaUnknown(schema, found, expected)


@contextmanager
def _connection(url: str, schema: str) -> Iterator[Connection]:
    """One connection, in a session that sees this schema alone; closing it frees its locks."""
    timeout = {"connect_timeout": CONNECT_SECONDS}
    engine = create_engine(_psycopg(url), poolclass=NullPool, connect_args=timeout)
    with engine.connect() as connection:
        connection.execute(
            text("SELECT set_config('search_path', quote_ident(:schema), false)"),
            {"schema": schema},
        )
        connection.commit()
        yield connection
    engine.dispose()


def _revision(connection: Connection, schema: str) -> str | None:
    options = {"version_table_schema": schema}
    found = MigrationContext.configure(connection, opts=options).get_current_revision()
    connection.commit()
    return found


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    return configuration


def _psycopg(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
