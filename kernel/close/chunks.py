"""The steps of a close that go over the loans, chunk by chunk: pure over columns, one transaction.

``prepare`` brings the columns to a position before the cut, and notes nothing; ``accrue`` brings
them to the cut and digests every cumulative amount; ``due`` observes what fell due, became overdue
and changed its status; ``grade`` tells which classes, stages and cover the books found changed at
the cut.
"""

from __future__ import annotations

import hashlib
import zlib

import msgspec
import numpy as np
import structlog
from sqlalchemy import Connection, Engine

from kernel.close import classes, tables
from kernel.close.tables import Cut, Done, Observation
from kernel.eventstore.log import Log
from kernel.loans.columns import Ints
from kernel.loans.outlook import STATUSES
from kernel.projections import outlooks
from kernel.projections.outlooks import Chunk
from kernel.projections.positions import Difference, raise_alarms

PREPARE = "prepare"
GRADE = "grade"
"""The step that needs the read models at the cut."""

_LOG = structlog.get_logger(__name__)


def run_chunk(sql: Engine, log: Log, cut: Cut, step: str, number: int) -> Done:
    """Do a step for a chunk, or nothing when it is done. Raises DBAPIError, LogError."""
    with sql.begin() as connection:
        before = tables.done(connection, cut.date, step, number)
        if before is not None:
            return before
        if step == PREPARE:
            day = cut.date.toordinal()
            return Done(
                step, number, outlooks.refreshed(connection, log, number, day, cut.position).folded
            )
        observed: list[Observation] = []
        if step == "accrue":
            made = _accrue(connection, log, cut, number)
        elif step == GRADE:
            made, observed = _graded(connection, cut, number)
        else:
            chunk = outlooks.refreshed(connection, log, number, cut.date.toordinal(), cut.position)
            made, observed = _due(connection, cut, chunk)
        tables.put(connection, cut.date, made, observed)
    return made


def _accrue(connection: Connection, log: Log, cut: Cut, number: int) -> Done:
    """The columns at the cut; whatever cannot be folded is parked with an alarm."""
    day = cut.date.toordinal()
    chunk = outlooks.refreshed(connection, log, number, day, cut.position)
    for loan_id, reason in chunk.parked.items():
        _LOG.error("close.parked", date=str(cut.date), loan_id=loan_id, reason=reason)
    alarms = [Difference("contract-parked", *each) for each in chunk.parked.items()]
    if alarms:
        raise_alarms(connection, alarms, cut.position)
    amounts = chunk.columns.at(day)
    digest = _digest("\n".join(chunk.loan_ids).encode(), amounts.tobytes())
    return Done("accrue", number, len(chunk.loan_ids), len(chunk.parked), digest)


def _due(connection: Connection, cut: Cut, chunk: Chunk) -> tuple[Done, list[Observation]]:
    """What fell due since the day before, what became overdue, whose status changed."""
    columns, day = chunk.columns, cut.date.toordinal()
    since = day - 1 if cut.previous is None else cut.previous.toordinal()
    status, late = columns.column("status"), columns.days_past_due(day)
    fell, owed = columns.column("fell_due_on"), columns.due(day)
    marks = (2 * status + (late > 0)).astype(np.int64)
    before = _marks(connection, cut, "due", chunk.number, len(marks))
    observed = []
    for place in np.flatnonzero((fell > since) & (fell <= day)).tolist():
        loan_id = chunk.loan_ids[place]
        observed.append(Observation("FELL_DUE", loan_id, "", str(cut.date), int(owed[place])))
    for place in np.flatnonzero(marks != before).tolist():
        loan_id, was, now = chunk.loan_ids[place], int(before[place]), int(marks[place])
        if now % 2 and (was < 0 or not was % 2):
            days = str(int(late[place]))
            observed.append(Observation("OVERDUE", loan_id, "0", days, int(owed[place])))
        if was < 0 or was // 2 != now // 2:
            names = "" if was < 0 else STATUSES[was // 2].value, STATUSES[now // 2].value
            observed.append(Observation("STATUS_CHANGED", loan_id, *names))
    digest = _digest(marks.tobytes(), fell.tobytes(), owed.tobytes())
    made = Done("due", chunk.number, len(observed), 0, digest, zlib.compress(marks.tobytes(), 1))
    return made, observed


def _graded(connection: Connection, cut: Cut, number: int) -> tuple[Done, list[Observation]]:
    """Classes, stages and cover that the cut changed."""
    observed = classes.observed(connection, cut, number)
    digest = _digest(*(msgspec.json.encode(one) for one in observed))
    return Done(GRADE, number, len(observed), 0, digest), observed


def _marks(connection: Connection, cut: Cut, step: str, number: int, count: int) -> Ints:
    """The marks of the day before; -1 for a loan that is new."""
    found = np.full(count, -1, np.int64)
    packed = tables.marks_before(connection, cut.date, step, number)
    if packed:
        known = np.frombuffer(zlib.decompress(packed), np.int64)[:count]
        found[: len(known)] = known
    return found


def _digest(*parts: bytes) -> bytes:
    made = hashlib.blake2b(digest_size=32)
    for part in parts:
        made.update(len(part).to_bytes(8) + part)
    return made.digest()
