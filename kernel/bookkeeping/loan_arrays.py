"""The books of many loans on a day from their columns, by the arithmetic that serves one loan.

Units: whole minor units in int64; row i of every array is loan i. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from kernel.bookkeeping.loan_amounts import amounts_of
from kernel.bookkeeping.loan_beside import Beside, beside_of
from kernel.bookkeeping.loan_figures import OVER, Figures
from kernel.bookkeeping.loan_subjects import AmountType
from kernel.grading.unwinding import unwinds
from kernel.loans.columns import AMOUNTS, PARTS, Columns, Ints, recognised
from kernel.loans.outlook import GROWS_INTEREST, NON_ACCRUAL, STATUSES, Carried
from kernel.loans.standing import Amounts, Status
from kernel.loans.state import LoanState


def carried_of(state: LoanState, as_of: datetime.date) -> Carried:
    """What the columns carry of a loan beside its outlook."""
    beside, relief = beside_of(state, as_of), state.observed_since
    taken_over = {f"over_{part}": getattr(beside.taken_over, part) for part in PARTS}
    return Carried(
        relieved_on=0 if relief is None else relief.toordinal(),
        floats_from=state.loan_terms.start_date.toordinal() if state.index_id else 0,
        is_booked_alone=int(bool(beside.vat_ppm or beside.partner is not None)),
        cash_out_minor=beside.cash_out_minor,
        ahead_minor=beside.ahead_minor,
        **taken_over,
    )


def booked(columns: Columns, day: int, allowance_minor: Ints | int = 0) -> dict[AmountType, Ints]:
    """What the books should show for each loan; wrong for those that are booked alone or stale.

    Raises OverflowError for rows out of bounds.
    """
    amounts, column = columns.at(day), columns.column
    status, accrued = column("status"), columns.grown(day)[:, GROWS_INTEREST]
    outside = column("place") == NON_ACCRUAL
    figures = Figures(
        is_over=sum(status == STATUSES.index(each) for each in OVER),
        is_impaired=(status == STATUSES.index(Status.NON_ACCRUAL)).astype(int),
        overdue_minor=column("overdue_minor"),
        accrued_interest_minor=column("accrued_minor") + accrued,
        unapplied_minor=column("held_minor"),
        interest_since_stop_minor=column("interest_since_stop_minor") + accrued * outside,
        recognised=recognised([amounts[:, place] for place in range(len(AMOUNTS))]),
    )
    taken_over: dict[str, Any] = {part: column(f"over_{part}") for part in PARTS}
    beside = Beside(
        cash_out_minor=column("cash_out_minor"),
        ahead_minor=column("ahead_minor"),
        taken_over=Amounts(**taken_over),
        allowance_minor=allowance_minor + np.zeros(len(columns), np.int64),
        is_unwinding=unwinds(datetime.date.fromordinal(day)),
    )
    return amounts_of(figures, beside)
