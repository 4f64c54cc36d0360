"""Migrations: one command makes or upgrades the tables of one ledger, under an advisory lock."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import make_url

from adapters.database.guards import DatabaseUnfit

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaUnknown(DatabaseUnfit):
    """The tables are not at the revision that this code knows."""

    def __init__(self, schema: str, found: str | None, expected: str | None) -> None:
        super().__init__(
            f"schema {schema!r} is at revision {found or 'none'}, this code needs {expected}; "
            "run `corebank migrate`"
        )
        self.found = found
        self.expected = expected


def migrate(url: str, schema: str) -> None:
    """Bring the schema to the newest revision; processes that do so at once take turns."""
    engine = create_engine(_psycopg(url), poolclass=NullPool)
    with engine.connect() as connection:
        lock = {"name": f"corebank migrate {schema}"}
        connection.execute(text("SELECT pg_advisory_lock(hashtextextended(:name, 0))"), lock)
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
        connection.execute(text(f'SET search_path TO "{schema}"'))
        connection.commit()
        connection.dialect.default_schema_name = schema
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        connection.commit()
    engine.dispose()


def require_known_schema(url: str, schema: str) -> None:
    """Raise SchemaUnknown unless the schema is at exactly the revision of this code."""
    engine = create_engine(_psycopg(url), poolclass=NullPool)
    with engine.connect() as connection:
        found = _revision(connection, schema)
    engine.dispose()
    expected = ScriptDirectory.from_config(_configuration()).get_current_head()
    if found != expected:
        raise SchemaUnknown(schema, found, expected)


def _revision(connection: Connection, schema: str) -> str | None:
    connection.execute(text(f'SET search_path TO "{schema}"'))
    connection.dialect.default_schema_name = schema
    return MigrationContext.configure(connection).get_current_revision()


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    return configuration


def _psycopg(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
