"""On which days the ledger's floating loans are repriced: the product says it that each pinned."""

from __future__ import annotations

from kernel.application.books import Books
from kernel.application.past import PastStates
from kernel.application.use_cases.pinned import pinned_product
from kernel.common.refusals import Refusal
from kernel.eventstore.log import Log
from kernel.loans.repricing import Cycle
from kernel.loans.state import LoanState
from kernel.loans.terms import Method


class Cycles:
    """Looks each product version up once, as known at a position."""

    def __init__(self, log: Log, known_at: int) -> None:
        self._books = Books(PastStates(log, known_at))
        self._found: dict[tuple[str, int], Cycle | None] = {}

    def of(self, state: LoanState) -> Cycle | None:
        """The cycle of a loan; None for a fixed rate, or without such a product.

        The interest of a discounted loan is taken ahead, so its rate stays too.
        """
        if not state.index_id or state.loan_terms.method is Method.DISCOUNTED:
            return None
        key = state.product_id, state.product_version
        if key not in self._found:
            try:
                self._found[key] = pinned_product(*key, self._books).cycle
            except Refusal:
                self._found[key] = None
        return self._found[key]
