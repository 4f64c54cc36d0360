"""Rebuilding one read model beside live traffic: shadow tables, catching up, one swap.

The swap is one transaction. It takes the model's row in ``projections`` (so no follower writes),
brings the shadow to where the live model stands, locks the old tables, drops them and gives the
shadow their names. Readers lock a model's tables before they look, so none sees half of the old
and half of the new. The swap gives way when it has to wait, and tries again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, delete, text, update
from sqlalchemy.exc import OperationalError

from kernel.eventstore.log import Log
from kernel.projections import positions
from kernel.projections.model import SHADOW, Model
from kernel.projections.positions import PROJECTIONS, Status
from kernel.projections.round import BATCH_FACTS, read_round

SWAP_ATTEMPTS = 50
_LOCK_TIMEOUT = "400ms"
"""Shorter than PostgreSQL's deadlock_timeout (1 s), so that the swap gives way, not a reader."""


class RebuildRunning(Exception):
    """Another rebuild of the same model is under way."""


class SwapPrevented(Exception):
    """The tables were never free for long enough; the live model is as it was."""


def rebuild(engine: Engine, log: Log, model: Model, *, batch_size: int = BATCH_FACTS) -> int:
    """Build the model anew from position 1 and put it in place of the live one.

    Comes back with the position of the new model, at or beyond the live one's. Works on a stopped
    model too and lets it run again. Raises RebuildRunning, SwapPrevented, and whatever a fact
    makes the model raise; then the live model stays as it was.
    """
    shadow = model.shadow()
    with _only_one(engine, shadow.key):
        with engine.begin() as connection:
            _drop(connection, shadow)
            shadow.metadata.create_all(connection)
            positions.enrol(connection, [model.key, shadow.key])
        try:
            return _build(engine, log, model, shadow, batch_size)
        except BaseException:
            with engine.begin() as connection:
                _drop(connection, shadow)
            raise


def _build(engine: Engine, log: Log, model: Model, shadow: Model, batch_size: int) -> int:
    position = 0
    for _ in range(SWAP_ATTEMPTS):
        while facts := read_round(log, position, batch_size):
            with engine.begin() as connection:
                shadow.apply(connection, facts)
                position = facts[-1].position
                positions.move(connection, [shadow.key], position)
        try:
            return _swap(engine, log, model, shadow, position)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
    raise SwapPrevented(f"{model.name}: readers held its tables in {SWAP_ATTEMPTS} attempts")


def _swap(engine: Engine, log: Log, model: Model, shadow: Model, position: int) -> int:
    with engine.begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        live = positions.standings(connection, [model.key], locked=True)[model.key]
        while live.position > position:
            facts = read_round(log, position, live.position - position)
            shadow.apply(connection, facts)
            position = facts[-1].position
        names = ", ".join(table.name for table in model.tables)
        connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
        model.metadata.drop_all(connection)
        _rename(connection, shadow)
        connection.execute(
            update(PROJECTIONS)
            .where(PROJECTIONS.c.model == model.key)
            .values(position=position, status=Status.RUNNING.value, failed_position=None, error="")
        )
        connection.execute(delete(PROJECTIONS).where(PROJECTIONS.c.model == shadow.key))
    return position


def _rename(connection: Connection, shadow: Model) -> None:
    """Give the shadow's tables and indexes the live names."""
    for table in shadow.tables:
        live_name = table.name.removeprefix(SHADOW)
        indexes = connection.scalars(
            text(
                "SELECT indexname FROM pg_indexes"
                " WHERE schemaname = current_schema() AND tablename = :name"
            ),
            {"name": table.name},
        ).all()
        for index in indexes:
            connection.execute(
                text(f'ALTER INDEX "{index}" RENAME TO "{index.removeprefix(SHADOW)}"')
            )
        connection.execute(text(f'ALTER TABLE "{table.name}" RENAME TO "{live_name}"'))


def _drop(connection: Connection, shadow: Model) -> None:
    shadow.metadata.drop_all(connection)
    connection.execute(delete(PROJECTIONS).where(PROJECTIONS.c.model == shadow.key))


@contextmanager
def _only_one(engine: Engine, key: str) -> Iterator[None]:
    """Hold this ledger's advisory lock for the key; it falls with the connection."""
    with engine.connect() as connection:
        got = connection.scalar(
            text("SELECT pg_try_advisory_lock(hashtextextended(current_schema() || :key, 0))"),
            {"key": key},
        )
        connection.commit()
        if not got:
            raise RebuildRunning(key)
        try:
            yield
        finally:
            connection.execute(
                text("SELECT pg_advisory_unlock(hashtextextended(current_schema() || :key, 0))"),
                {"key": key},
            )
            connection.commit()
