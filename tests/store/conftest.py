"""Ledgers of facts, to be asked about, and a bank with loans whose days are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from adapters.cell import Cell
from adapters.database import Database
from kernel.common.facts import Fact
from kernel.projections.follower import Follower
from kernel.projections.queries.reading import Reader
from tests.support.bank import Bank
from tests.support.bank_facts import log_of
from tests.support.closing import LOANS, lending_bank, small_parts

Ask = Callable[[list[Fact]], Reader]


@pytest.fixture
def ask(engine: Engine) -> Ask:
    """Project facts, and ask questions about them."""

    def projected(facts: list[Fact]) -> Reader:
        Follower(engine, log_of(facts), batch_size=4).catch_up()
        return Reader(engine)

    return projected


@pytest.fixture
def database(postgres_url: str, schema_name: str) -> Database:
    """A fresh ledger."""
    return Database(postgres_url, schema_name)


@pytest.fixture
def ledger(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Cell, Bank]]:
    """A running bank with loans, closed in small parts."""
    small_parts(monkeypatch)
    with lending_bank(database, LOANS) as both:
        yield both
