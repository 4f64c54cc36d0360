"""The contracts that a customer asked for or stands surety for, and what one puts at risk.

Units: whole minor units.
"""

from __future__ import annotations

import msgspec

from kernel.common.facts import Fact
from kernel.loans.contract_state import ContractState, ContractStatus
from kernel.loans.events import LoanApplied


class BorrowingsState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every contract whose application names the customer; its state says as what."""

    contract_ids: tuple[str, ...] = ()


NO_BORROWINGS = BorrowingsState()


def evolve_borrowings(state: BorrowingsState, fact: Fact) -> BorrowingsState:
    """Fold one fact; events other than applications change nothing."""
    event = fact.event
    if isinstance(event, LoanApplied):
        return BorrowingsState(contract_ids=(*state.contract_ids, event.contract_id))
    return state


def borrowers(contract: ContractState) -> tuple[str, ...]:
    """Who owes what is drawn under the contract: the borrower first, then the co-borrowers."""
    application = contract.application
    if application is None:
        return ()
    return (application.customer_id, *application.co_borrower_ids)


def at_risk_minor(contract: ContractState, *, revolving: bool) -> int:
    """What is owed under a contract, and what may still be drawn of a signed one."""
    undrawn = 0
    if contract.status is ContractStatus.SIGNED:
        drawn = contract.outstanding_minor if revolving else contract.drawn_minor
        undrawn = max(0, contract.amount_minor - drawn)
    return contract.outstanding_minor + undrawn
