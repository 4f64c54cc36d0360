"""Which floating loans of a chunk are repriced on the days that begin after a close.

The columns say which loans float and since when, so only those on whose day of the month it falls
are folded; the product that a loan pinned says the cycle.

Units: days are ordinals.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from itertools import takewhile

import numpy as np

from kernel.application.cycles import Cycles
from kernel.close.accounts import Ask
from kernel.close.classes import states_of
from kernel.close.tables import Cut
from kernel.eventstore.log import Log
from kernel.loans.columns import Ints
from kernel.loans.state import LoanState
from kernel.projections.outlooks import Chunk

REPRICE = "RepriceLoan"


def asks(log: Log, chunk: Chunk, cut: Cut, until: datetime.date) -> list[Ask]:
    """A command for each loan and repricing day after the cut up to ``until``. Raises LogError."""
    days = [
        datetime.date.fromordinal(day)
        for day in range(cut.date.toordinal() + 1, until.toordinal() + 1)
    ]
    since = chunk.columns.column("floats_from")
    places = sorted({place for day in days for place in _candidates(since, day)})
    cycles, made = Cycles(log, cut.position), list[Ask]()
    for _, state in states_of(log, chunk, places, cut.position):
        if (cycle := cycles.of(state)) is not None:
            start = state.loan_terms.start_date
            repriced = set(takewhile(lambda day: day <= until, cycle.days(start)))
            made += [_ask(state, day) for day in days if day in repriced]
    return made


def _candidates(since: Ints, day: datetime.date) -> Iterable[int]:
    """Places of the loans that may be repriced: on a first of a month, or on their own day."""
    is_last = (day + datetime.timedelta(days=1)).day == 1
    found: list[int] = []
    for place in np.flatnonzero((since > 0) & (since < day.toordinal())).tolist():
        own = datetime.date.fromordinal(int(since[place])).day
        if day.day in (1, own) or (is_last and own > day.day):
            found.append(place)
    return found


def _ask(state: LoanState, day: datetime.date) -> Ask:
    fields = {"loan_id": state.loan_id, "value_date": day}
    return Ask(REPRICE, f"{state.loan_id}@{day}@reprice", fields)
