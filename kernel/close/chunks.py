"""The steps of a close that go over the loans, chunk by chunk: pure over columns, one transaction.

``prepare`` brings the columns to a position before the cut, and notes nothing; ``accrue`` brings
them to the cut and digests every cumulative amount; ``due`` observes what fell due, became overdue
and changed its status; a rule of ``RULES`` values every loan (its class, its stage) and observes
what changed since the day before.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping

import numpy as np
import structlog
from sqlalchemy import Connection, Engine

from kernel.close import classes, tables
from kernel.close.classes import LoanRule
from kernel.close.tables import Cut, Done, Observation
from kernel.eventstore.log import Log
from kernel.loans.columns import Ints
from kernel.loans.outlook import STATUSES
from kernel.projections import outlooks
from kernel.projections.outlooks import Chunk
from kernel.projections.positions import Difference, raise_alarms

PREPARE = "prepare"
RULES: dict[str, LoanRule] = {"grade": classes.classed}
"""Rules by the name of their step, in order."""

_LOG = structlog.get_logger(__name__)


def run_chunk(
    sql: Engine, log: Log, cut: Cut, step: str, number: int, rules: Mapping[str, LoanRule] = RULES
) -> Done:
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
        else:
            chunk = outlooks.refreshed(connection, log, number, cut.date.toordinal(), cut.position)
            if step == "due":
                made, observed = _due(connection, cut, chunk)
            else:
                values = rules[step](chunk, log, cut)
                made, observed = _ruled(connection, cut, chunk, step, values)
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


def _ruled(
    connection: Connection, cut: Cut, chunk: Chunk, step: str, found: Mapping[str, Ints]
) -> tuple[Done, list[Observation]]:
    """The values of a rule, and which of them changed; a new loan is taken to have been at 1."""
    values = np.stack([np.asarray(each, np.int64) for each in found.values()], axis=1)
    before = _marks(connection, cut, step, chunk.number, values.size).reshape(values.shape)
    before = np.where(before < 0, 1, before)
    observed = [
        Observation(
            f"{name}_CHANGED",
            chunk.loan_ids[place],
            str(before[place, number]),
            str(values[place, number]),
        )
        for number, name in enumerate(found)
        for place in np.flatnonzero(values[:, number] != before[:, number]).tolist()
    ]
    data = values.tobytes()
    made = Done(step, chunk.number, len(values), 0, _digest(data), zlib.compress(data, 1))
    return made, observed


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
