"""Outlooks of all loans, kept as columns in chunks: a cache of the log, droppable at any time.

Loans are numbered in the order in which the log first names them; ``CHUNK`` of them share a row of
``outlook_chunks``. A chunk is a pure function of (its number, a day, a log position): its loans as
folded from their facts up to the position, each at most a few weeks before the day. It is made from
the log, then kept up by folding only loans that were touched or whose next day has come. Another
``VERSION`` of the code begins anew.

Units: whole minor units; days are ordinals.
"""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Iterator, Mapping

import msgspec
import numpy as np
import sqlalchemy
from sqlalchemy import Connection, MetaData, Table, func, select, text
from sqlalchemy.dialects.postgresql import BYTEA, insert

from cython_ext.outlooks import FIELDS, WIDTH
from kernel.bookkeeping.loan_arrays import carried_of
from kernel.eventstore.log import Log
from kernel.loans.columns import AMOUNTS, SCALARS, Columns, Ints
from kernel.loans.outlook import Outlook, outlook
from kernel.loans.state import INITIAL_LOAN, LoanState, evolve_loan
from kernel.projections.model import small, whole
from kernel.projections.model import text as text_column

CHUNK = 8_192
_RULES = 2
"""Counts changes of the fold and the outlook that change a figure."""
VERSION = zlib.crc32(repr((_RULES, AMOUNTS, SCALARS, FIELDS, CHUNK)).encode()) & 0x7FFFFFFF
"""Of the rules and of the columns; a change of any of them makes all chunks anew."""
HISTORIES = 512
"""Loans whose facts are read in one go."""

METADATA = MetaData()
LOANS = Table(
    "outlook_loans",
    METADATA,
    whole("row", key=True),
    text_column("loan_id"),
    whole("first_position"),
    whole("last_position"),
)
CHUNKS = Table(
    "outlook_chunks",
    METADATA,
    small("chunk", key=True),
    small("version"),
    whole("position"),
    sqlalchemy.Column("data", BYTEA, nullable=False),
)
GATHERED = Table("outlook_gathered", METADATA, small("one", key=True), whole("position"))

_GATHER = text(
    """
    WITH touched AS MATERIALIZED (
        SELECT substr(entity, 6) AS loan_id, min(position) AS first, max(position) AS last
        FROM log, unnest(string_to_array(entities, chr(10))) AS entity
        WHERE position > :after AND position <= :upto
          AND name LIKE 'loans.%' AND entity LIKE 'loan:%'
        GROUP BY entity
    ),
    again AS (
        UPDATE outlook_loans AS known SET last_position = greatest(last_position, touched.last)
        FROM touched WHERE known.loan_id = touched.loan_id
    )
    INSERT INTO outlook_loans (row, loan_id, first_position, last_position)
    SELECT (SELECT count(*) FROM outlook_loans) - 1
        + row_number() OVER (ORDER BY first, loan_id COLLATE "C"), loan_id, first, last
    FROM touched
    WHERE NOT EXISTS (SELECT FROM outlook_loans k WHERE k.loan_id = touched.loan_id)
    ORDER BY 1
    """
)


class Chunk(msgspec.Struct):
    """The loans of a chunk as known at ``position``; ``parked`` could not be folded, and why."""

    number: int
    position: int
    loan_ids: list[str]
    columns: Columns
    parked: dict[str, str]
    folded: int = 0


class _Stored(msgspec.Struct, array_like=True):
    count: int
    scalars: bytes
    amounts: bytes
    rows: bytes


def create_tables(connection: Connection) -> None:
    """The tables of the cache, where missing."""
    METADATA.create_all(connection)
    connection.execute(
        text("CREATE UNIQUE INDEX IF NOT EXISTS outlook_loan_id ON outlook_loans (loan_id)")
    )


def drop(connection: Connection) -> None:
    """Forget everything; the next question makes it anew from the log."""
    for table in (GATHERED, CHUNKS, LOANS):
        connection.execute(table.delete())


def gather(connection: Connection, upto: int) -> int:
    """Number the loans that the log names up to a position, note which were touched; the number of
    chunks that hold loans of that time."""
    connection.execute(insert(GATHERED).values(one=1, position=0).on_conflict_do_nothing())
    after = connection.execute(select(GATHERED.c.position).with_for_update()).scalar_one()
    if after < upto:
        connection.execute(_GATHER, {"after": after, "upto": upto})
        connection.execute(GATHERED.update().values(position=upto))
    loans = connection.execute(
        select(func.count()).select_from(LOANS).where(LOANS.c.first_position <= upto)
    ).scalar_one()
    return int(-(-loans // CHUNK))


def last_row(connection: Connection) -> int:
    """The last number that a loan has; -1 when none is numbered."""
    last = connection.execute(select(func.max(LOANS.c.row))).scalar()
    return -1 if last is None else int(last)


def refreshed(connection: Connection, log: Log, number: int, day: int, upto: int) -> Chunk:
    """A chunk as known at position ``upto``, right for ``day``; it is kept for the next time.

    A loan that cannot be folded is parked: its figures stay as they were, and it is tried again at
    the next refresh. Raises LogError.
    """
    first = number * CHUNK
    query = select(LOANS.c.loan_id, LOANS.c.last_position).where(
        LOANS.c.row >= first, LOANS.c.row < first + CHUNK, LOANS.c.first_position <= upto
    )
    loans = connection.execute(query.order_by(LOANS.c.row)).all()
    found = load(connection, number)
    columns = found.columns
    columns.resize(len(loans))
    known = min(found.position, upto)
    places = set(columns.stale(day).tolist())
    places |= {place for place, one in enumerate(loans) if one.last_position > known}
    wanted = {place: loans[place].loan_id for place in sorted(places)}
    parked = _fold(log, columns, wanted, day, upto)
    made = Chunk(number, upto, [one.loan_id for one in loans], columns, parked, len(wanted))
    if wanted or found.position != upto:
        save(connection, made)
    return made


def _fold(
    log: Log, columns: Columns, wanted: Mapping[int, str], day: int, upto: int
) -> dict[str, str]:
    """Fold these loans into the columns; those that could not be, with the reason."""
    as_of, parked = datetime.date.fromordinal(day), dict[str, str]()
    places = list(wanted)
    for begin in range(0, len(places), HISTORIES):
        part = places[begin : begin + HISTORIES]
        histories = log.history({f"loan:{wanted[place]}": 0 for place in part})
        made: dict[int, Outlook] = {}
        for place in part:
            facts = histories[f"loan:{wanted[place]}"]
            state: LoanState = INITIAL_LOAN
            try:
                for fact in facts:
                    if fact.position <= upto:
                        state = evolve_loan(state, fact)
                made[place] = outlook_of(state, as_of)
            except Exception as error:
                parked[wanted[place]] = f"{type(error).__name__}: {error}"[:300]
        columns.put(made)
        columns.freeze([place for place in part if place not in made])
    return parked


def outlook_of(state: LoanState, as_of: datetime.date) -> Outlook:
    """The outlook of a loan as its entries tell."""
    events = tuple(each.event for each in state.entries)
    carried = carried_of(state, as_of)
    return outlook(state.loan_terms, events, as_of, carried=carried, by_events_alone=True)


def load(connection: Connection, number: int) -> Chunk:
    """A chunk as it is kept; an empty one at position 0 when there is none of this version."""
    query = select(CHUNKS.c.position, CHUNKS.c.data).where(
        CHUNKS.c.chunk == number, CHUNKS.c.version == VERSION
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return Chunk(number, 0, [], Columns.empty(), {})
    stored = msgspec.msgpack.decode(zlib.decompress(row.data), type=_Stored)
    shapes = (stored.scalars, len(SCALARS)), (stored.amounts, len(AMOUNTS)), (stored.rows, WIDTH)
    arrays = (np.frombuffer(data, np.int64).reshape(-1, width).copy() for data, width in shapes)
    return Chunk(number, row.position, [], Columns(*arrays), {})


def save(connection: Connection, chunk: Chunk) -> None:
    """Keep a chunk."""
    columns = chunk.columns
    stored = _Stored(
        len(columns),
        *(each.tobytes() for each in (columns.scalars, columns.amounts, columns.rows)),
    )
    data = zlib.compress(msgspec.msgpack.encode(stored), 1)
    values = {"version": VERSION, "position": chunk.position, "data": data}
    connection.execute(
        insert(CHUNKS)
        .values(chunk=chunk.number, **values)
        .on_conflict_do_update(index_elements=["chunk"], set_=values)
    )


def accrued(
    connection: Connection, log: Log, day: datetime.date, upto: int
) -> Iterator[tuple[list[str], Ints]]:
    """Cumulative amounts of every loan on a day as known at a position, chunk by chunk.

    Each part is loan ids and an array of their amount types (``kernel.loans.columns.AMOUNTS``).
    """
    for number in range(gather(connection, upto)):
        found = refreshed(connection, log, number, day.toordinal(), upto)
        yield found.loan_ids, found.columns.at(day.toordinal())
