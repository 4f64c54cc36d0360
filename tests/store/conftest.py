"""A ledger of facts, projected, to be asked about."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from kernel.common.facts import Fact
from kernel.projections.follower import Follower
from kernel.projections.queries.reading import Reader
from tests.support.bank_facts import log_of

Ask = Callable[[list[Fact]], Reader]


@pytest.fixture
def ask(engine: Engine) -> Ask:
    """Project facts, and ask questions about them."""

    def projected(facts: list[Fact]) -> Reader:
        Follower(engine, log_of(facts), batch_size=4).catch_up()
        return Reader(engine)

    return projected
