"""The state of a credit contract, folded from the log. Units: whole minor units."""

from __future__ import annotations

import datetime
from enum import StrEnum

import msgspec

from kernel.common.facts import Fact
from kernel.loans.events import (
    ContractEnded,
    ContractSigned,
    CreditApproved,
    CreditDeclined,
    Drawn,
    Guarantee,
    LoanApplied,
    LoanEntryReversed,
    LoanOffered,
    OnLoan,
    Share,
    parts_of,
)


class ContractStatus(StrEnum):
    """Where a contract stands in its life."""

    NONE = "NONE"
    APPLIED = "APPLIED"
    DECLINED = "DECLINED"
    APPROVED = "APPROVED"
    OFFERED = "OFFERED"
    SIGNED = "SIGNED"
    ENDED = "ENDED"


class ContractState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a contract stands: what was asked, decided, offered, signed and drawn."""

    status: ContractStatus = ContractStatus.NONE
    application: LoanApplied | None = None
    amount_minor: int = 0
    annual_rate_ppm: int = 0
    instalments: int = 0
    offer_expires_on: datetime.date = datetime.date.min
    due_day: int | None = None
    limit_path: tuple[str, ...] = ()
    partner: Share | None = None
    index_id: str = ""
    spread_ppm: int = 0
    guarantees: tuple[Guarantee, ...] = ()
    drawn_minor: int = 0
    outstanding_minor: int = 0
    loan_ids: tuple[str, ...] = ()


INITIAL_CONTRACT = ContractState()


def evolve_contract(state: ContractState, fact: Fact) -> ContractState:
    """Fold one fact; events of other areas change nothing."""
    replace, event = msgspec.structs.replace, fact.event
    match event:
        case LoanApplied():
            return ContractState(
                status=ContractStatus.APPLIED,
                application=event,
                amount_minor=event.amount_minor,
                instalments=event.instalments,
            )
        case CreditApproved():
            return replace(
                state,
                status=ContractStatus.APPROVED,
                amount_minor=event.amount_minor,
                annual_rate_ppm=event.annual_rate_ppm,
                instalments=event.instalments,
            )
        case CreditDeclined():
            return replace(state, status=ContractStatus.DECLINED)
        case LoanOffered():
            return replace(state, status=ContractStatus.OFFERED, offer_expires_on=event.expires_on)
        case ContractSigned():
            return replace(
                state,
                status=ContractStatus.SIGNED,
                due_day=event.due_day,
                limit_path=event.limit_path,
                partner=event.partner,
                index_id=event.index_id,
                spread_ppm=event.spread_ppm,
                guarantees=event.guarantees,
            )
        case ContractEnded():
            return replace(state, status=ContractStatus.ENDED)
        case _:
            for part in parts_of(event):
                if state.application is None or state.application.contract_id == part.contract_id:
                    state = _of_a_loan(state, part)
            return state


def _of_a_loan(state: ContractState, part: OnLoan) -> ContractState:
    """A loan under the contract was drawn, repaid, or otherwise changed what is owed.

    A contract that came with its running loans has no application and takes no more draws.
    """
    drawn = part.drawn_change_minor if isinstance(part, LoanEntryReversed) else 0
    if isinstance(part, Drawn):
        drawn = part.amount_minor + part.withheld_minor
    loan_ids = state.loan_ids
    if part.loan_id not in loan_ids:
        loan_ids = (*loan_ids, part.loan_id)
    return msgspec.structs.replace(
        state,
        status=state.status if state.application else ContractStatus.ENDED,
        drawn_minor=state.drawn_minor + drawn,
        outstanding_minor=state.outstanding_minor + part.principal_change_minor,
        loan_ids=loan_ids,
    )


def contract_invariants(state: ContractState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    assert state.outstanding_minor >= 0, state.outstanding_minor
    assert state.status is not ContractStatus.NONE or not state.loan_ids
