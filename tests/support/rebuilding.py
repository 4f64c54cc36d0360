"""What must hold of the ledger's read model over any log: a clean audit, the same books rebuilt."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from kernel.audit.verify import verify
from kernel.common.facts import Fact
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.log import Batch
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.checksum import model_checksum
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.rebuild import rebuild


def require_clean_and_rebuilt(url: str, schema: str, engine: Engine, facts: Sequence[Fact]) -> None:
    """Store the facts in an empty ledger, project them in batches, audit them, rebuild the books.

    Raises AssertionError for a finding, or for books that a rebuild makes otherwise.
    """
    ledger = READ_MODELS.ledger
    stored = PostgresLog(url, schema)
    stored.append(Batch(facts=tuple(facts)), stored.head(), timeout_seconds=10)
    indexer = Indexer(url, schema)
    assert indexer.advance() == 0
    indexer.stop()
    Follower(engine, stored, batch_size=50).catch_up()
    verdict = verify(engine, stored)
    assert verdict.is_clean, verdict
    with engine.connect() as connection:
        before = model_checksum(connection, ledger)
    rebuild(engine, stored, ledger, batch_size=7)
    with engine.connect() as connection:
        assert model_checksum(connection, ledger) == before
    stored.close()
