"""The class and the stage of every loan on the day that ended: by array, and by fold where it must.

Days past due alone set the class of a loan that never was in arrears for long and got no relief;
the others are folded singly. A class is of the loan's own conduct: what a debtor's other loans do
to it is worked out where whole books are made (``kernel.reporting``).

Units: days; classes 1 to 5 and stages 1 to 3, 0 where nothing is owed.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from kernel.close.tables import Cut
from kernel.eventstore.log import Log
from kernel.grading.classes import Grade, own_grade
from kernel.grading.losses import Stage, stage_of
from kernel.loans.columns import Ints
from kernel.loans.state import INITIAL_LOAN, LoanState, evolve_loan, standing_of
from kernel.projections.loan_classes import OVER, by_days, with_history
from kernel.projections.outlooks import HISTORIES, Chunk
from kernel.reporting.loan_book import conduct, record_of

LoanRule = Callable[[Chunk, Log, Cut], dict[str, Ints]]
"""Values every loan of a chunk at a cut, by name. Raises LogError."""


def classed(chunk: Chunk, log: Log, cut: Cut) -> dict[str, Ints]:
    """Class and stage of each loan as ``GRADE`` and ``STAGE``. Raises LogError.

    A parked loan is classed by what its columns last knew.
    """
    grades, stages = by_days(chunk.columns, cut.date)
    places = [
        place
        for place in with_history(chunk.columns, cut.date).tolist()
        if chunk.loan_ids[place] not in chunk.parked
    ]
    for place, state in states_of(log, chunk, places, cut.position):
        grades[place], stages[place] = of_loan(state, cut.date)
    over = np.isin(chunk.columns.column("status"), OVER)
    return {"GRADE": np.where(over, 0, grades), "STAGE": np.where(over, 0, stages)}


def of_loan(state: LoanState, on: datetime.date) -> tuple[Grade, Stage]:
    """Class and stage of one loan by its own conduct. Raises what the fold raises."""
    shown = conduct(record_of(state), standing_of(state, on))
    grade = own_grade(shown, on).grade
    return grade, stage_of(shown, grade, on)


def states_of(
    log: Log, chunk: Chunk, places: Sequence[int], upto: int
) -> Iterator[tuple[int, LoanState]]:
    """The loans at these places as known at a position."""
    for begin in range(0, len(places), HISTORIES):
        part = places[begin : begin + HISTORIES]
        histories = log.history({f"loan:{chunk.loan_ids[place]}": 0 for place in part})
        for place in part:
            state = INITIAL_LOAN
            for fact in histories[f"loan:{chunk.loan_ids[place]}"]:
                if fact.position <= upto:
                    state = evolve_loan(state, fact)
            yield place, state
