"""Memo accounts of credit that stand against no claim: commitments not drawn, collateral held.

What a contract may still draw (未提用承诺) and the value at which pledged items were appraised are
functions of their states; a fact posts the difference that it makes, against the contra account.

Units: whole minor units. Sign: debit positive.
Source: CAS application guide, subjects outside the balance sheet (表外科目), the bank's own codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from kernel.bookkeeping.journal import JournalLine
from kernel.bookkeeping.pairs import Pair, pair_lines
from kernel.bookkeeping.rules import PostingRules
from kernel.collateral.state import ItemState
from kernel.common.facts import Fact
from kernel.loans.contract_state import ContractState, ContractStatus

MEMO_CLASS = "MEMO"
"""Posting class of these lines."""


class Memo(StrEnum):
    """What a line notes; ``CONTRA`` is the other side of both."""

    COLLATERAL_HELD = "COLLATERAL_HELD"
    UNDRAWN = "UNDRAWN"
    CONTRA = "CONTRA"


Key = tuple[str, str, Memo]
"""Branch, currency and what is noted."""


def undrawn_minor(state: ContractState, *, revolves: bool) -> int:
    """What may still be drawn under a signed contract; repaid principal only where it revolves."""
    if state.status is not ContractStatus.SIGNED:
        return 0
    used = state.outstanding_minor if revolves else state.drawn_minor
    return max(0, state.amount_minor - used)


def held_minor(state: ItemState) -> int:
    """The appraised value of an item that is pledged and was not sold."""
    valuation = state.valuation
    if valuation is None or not state.pledges or state.proceeds_minor is not None:
        return 0
    return valuation.value_minor


def memo_lines(
    fact: Fact, changes: Mapping[Key, int], rules: PostingRules, first_line: int = 1
) -> tuple[JournalLine, ...]:
    """Two lines a change: the account and its contra. Raises LookupError without a rule."""
    pairs = (
        Pair(branch_id, currency, what, Memo.CONTRA, minor, f"memo:{what.value.lower()}")
        for (branch_id, currency, what), minor in sorted(changes.items())
    )
    return pair_lines(MEMO_CLASS, pairs, rules, fact.booking_date, first_line)
