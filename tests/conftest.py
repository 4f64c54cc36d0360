"""Fixtures of every test: one PostgreSQL server a session, a fresh ledger a test."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from sqlalchemy import Engine

from adapters.database import Database
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from cython_ext import totals

# The tests share the machine: how long an example took says nothing about the code.
hypothesis.settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long`` adds the tests that are marked long."""
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out unless they are asked for."""
    if config.getoption("--long"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if not item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left_out)


def pytest_report_header() -> str:
    """Which implementation of the arithmetic runs."""
    return f"corebank: cython_ext is {'compiled' if totals.compiled() else 'interpreted'}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a PostgreSQL server: COREBANK_TEST_DATABASE_URL, or an embedded one."""
    given = os.environ.get("COREBANK_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="corebank-test-") as folder,
        EmbeddedServer(reachable(folder) / "postgresql") as server,
    ):
        yield server.url


def reachable(folder: str) -> Path:
    """The temporary folder, passable for the user that the server runs as under root."""
    Path(folder).chmod(0o711)
    return Path(folder)


@pytest.fixture
def schema_name(postgres_url: str) -> Iterator[str]:
    """A fresh, migrated ledger; dropped after the test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    migrate(postgres_url, name)
    yield name
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{name}" CASCADE')


@pytest.fixture
def engine(postgres_url: str, schema_name: str) -> Iterator[Engine]:
    """Connections to a fresh ledger."""
    made = Database(postgres_url, schema_name).sqlalchemy_engine()
    yield made
    made.dispose()
