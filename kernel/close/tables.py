"""How far the close of each day has come, and what it observed: read models, made anew by closing.

A row of ``close_progress`` says that a step is done for a chunk; it is written with what the step
wrote, so a step is done whole or not at all, and a second time changes nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, MetaData, Table, func, select, tuple_
from sqlalchemy.dialects.postgresql import BYTEA, insert

from kernel.projections import bulk
from kernel.projections.model import day, small, text, whole

METADATA = MetaData()
DAYS = Table(
    "close_days",
    METADATA,
    day("date", key=True),
    day("previous", optional=True),
    whole("cut_position"),
    small("chunks"),
    text("state"),
    text("error"),
    text("digest"),
    whole("sealed_position", optional=True),
)
PROGRESS = Table(
    "close_progress",
    METADATA,
    day("date", key=True),
    text("step", key=True),
    small("chunk", key=True),
    whole("rows"),
    whole("parked"),
    Column("digest", BYTEA, nullable=False),
    Column("marks", BYTEA, nullable=False),
)
OBSERVATIONS = Table(
    "observations",
    METADATA,
    day("date", key=True),
    text("step", key=True),
    small("chunk", key=True),
    small("number", key=True),
    text("kind"),
    text("loan_id"),
    text("before"),
    text("after"),
    whole("amount_minor"),
)


class Cut(msgspec.Struct, frozen=True):
    """Where a day ends: its figures are those of ``date`` as known at ``position``.

    ``previous`` is the business date before it, None for the first; loans lie in ``chunks``.
    """

    date: datetime.date
    previous: datetime.date | None
    position: int
    chunks: int


class Done(msgspec.Struct, frozen=True):
    """A step done for a chunk: loans or commands, how many were parked or refused, and a digest.

    ``marks`` is what the next day's step compares itself with.
    """

    step: str
    chunk: int
    rows: int
    parked: int = 0
    digest: bytes = b""
    marks: bytes = b""


class Observation(msgspec.Struct, frozen=True):
    """Something that followed from facts and the day: it never feeds a fold."""

    kind: str
    loan_id: str
    before: str
    after: str
    amount_minor: int = 0


def create_tables(connection: Connection) -> None:
    """The tables of the close, where missing."""
    METADATA.create_all(connection)


def begin(connection: Connection, cut: Cut) -> None:
    """Note that the close of a day has begun, unless it had."""
    row = {
        "date": cut.date,
        "previous": cut.previous,
        "cut_position": cut.position,
        "chunks": cut.chunks,
    }
    blank = {"state": "RUNNING", "error": "", "digest": ""}
    connection.execute(insert(DAYS).values(**row, **blank).on_conflict_do_nothing())


def cut_of(connection: Connection, date: datetime.date) -> Cut | None:
    """The cut of a day whose close has begun."""
    columns = (DAYS.c.date, DAYS.c.previous, DAYS.c.cut_position, DAYS.c.chunks)
    row = connection.execute(select(*columns).where(DAYS.c.date == date)).one_or_none()
    return None if row is None else Cut(*row)


def set_state(
    connection: Connection, date: datetime.date, state: str, error: str = "", **others: object
) -> None:
    """Note how a close stands: RUNNING, FAILED with the error, or SEALED."""
    values = {"state": state, "error": error[:500], **others}
    connection.execute(DAYS.update().where(DAYS.c.date == date).values(**values))


def done(connection: Connection, date: datetime.date, step: str, chunk: int) -> Done | None:
    """What a step came to for a chunk, if it is done."""
    query = select(*_done_columns()).where(
        PROGRESS.c.date == date, PROGRESS.c.step == step, PROGRESS.c.chunk == chunk
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Done(*row)


def all_done(connection: Connection, date: datetime.date) -> list[Done]:
    """Everything that is done for a day, by step and chunk, without marks."""
    query = select(*_done_columns()[:-1]).where(PROGRESS.c.date == date)
    rows = connection.execute(query.order_by(PROGRESS.c.step, PROGRESS.c.chunk))
    return [Done(*row) for row in rows]


def _done_columns() -> tuple[Column[Any], ...]:
    c = PROGRESS.c
    return (c.step, c.chunk, c.rows, c.parked, c.digest, c.marks)


def put(
    connection: Connection,
    date: datetime.date,
    made: Done,
    observed: Sequence[Observation] = (),
) -> None:
    """Note that a step is done for a chunk, with what it observed; nothing when it was before."""
    values = msgspec.structs.asdict(made)
    wrote = connection.execute(
        insert(PROGRESS).values(date=date, **values).on_conflict_do_nothing()
    )
    if wrote.rowcount and observed:
        rows = [
            (date, made.step, made.chunk, number, *msgspec.structs.astuple(one))
            for number, one in enumerate(observed)
        ]
        bulk.insert(connection, OBSERVATIONS, rows)


def observed(connection: Connection, date: datetime.date, chunk: int) -> list[Observation]:
    """What was observed of the loans of a chunk on a day, in order."""
    c = OBSERVATIONS.c
    values = (c.kind, c.loan_id, c.before, c.after, c.amount_minor)
    query = select(*values).where(c.date == date, c.chunk == chunk)
    return [Observation(*row) for row in connection.execute(query.order_by(c.step, c.number))]


def marks_before(connection: Connection, date: datetime.date, step: str, chunk: int) -> bytes:
    """The marks of the last day before that has any; empty when there is none."""
    query = (
        select(PROGRESS.c.marks)
        .where(PROGRESS.c.step == step, PROGRESS.c.chunk == chunk, PROGRESS.c.date < date)
        .order_by(PROGRESS.c.date.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or b""


class Standing(msgspec.Struct, frozen=True):
    """How the close of a day stands; ``steps`` counts the chunks that each step has done."""

    date: datetime.date
    cut_position: int
    chunks: int
    state: str
    error: str
    digest: str
    sealed_position: int | None
    steps: dict[str, int]
    rows: dict[str, int]
    parked: int


def standing(connection: Connection, date: datetime.date) -> Standing | None:
    """How the close of a day stands; None when it has not begun."""
    c = DAYS.c
    query = select(
        c.date, c.cut_position, c.chunks, c.state, c.error, c.digest, c.sealed_position
    ).where(c.date == date)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    p = PROGRESS.c
    counted = connection.execute(
        select(p.step, func.count(), func.sum(p.rows), func.sum(p.parked))
        .where(p.date == date)
        .group_by(p.step)
    ).all()
    return Standing(
        *row,
        steps={step: int(count) for step, count, _, _ in counted},
        rows={step: int(rows) for step, _, rows, _ in counted},
        parked=next((int(parked) for step, *_, parked in counted if step == "accrue"), 0),
    )


class Seen(msgspec.Struct, frozen=True):
    """One observation of a closed day, with its place in the feed of that day."""

    step: str
    chunk: int
    number: int
    kind: str
    loan_id: str
    before: str
    after: str
    amount_minor: int


def observations(
    connection: Connection,
    date: datetime.date,
    after: tuple[str, int, int] = ("", -1, -1),
    limit: int = 1000,
) -> list[Seen]:
    """What the close of a day observed, in order, behind a place in the feed."""
    c = OBSERVATIONS.c
    columns = (c.step, c.chunk, c.number)
    values = (*columns, c.kind, c.loan_id, c.before, c.after, c.amount_minor)
    query = select(*values).where(c.date == date, tuple_(*columns) > tuple_(*after))
    return [Seen(*row) for row in connection.execute(query.order_by(*columns).limit(limit))]
