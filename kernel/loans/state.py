"""The state of a loan, folded from the log.

Units: whole minor units. How a loan stands is never stored: ``standing_of`` folds the dated forms
of its events (``kernel.loans.fold``) for the day that is asked.
"""

from __future__ import annotations

import datetime
import hashlib
from functools import lru_cache
from typing import Any

import msgspec

from kernel.common.facts import Fact
from kernel.common.legs import Leg
from kernel.loans.dated import AnyLoanEvent, Reversal, in_order
from kernel.loans.events import (
    Drawn,
    LoanImported,
    OnLoan,
    PartnerShareSettled,
    Share,
    Stamp,
    parts_of,
)
from kernel.loans.fold import fold_to, standing
from kernel.loans.result import Noted, noted
from kernel.loans.standing import Standing
from kernel.loans.terms import LoanTerms


class Entry(msgspec.Struct, frozen=True):
    """One event of a loan: where it stands in the log, its dated form, the money that it moved.

    ``with_loans`` are the other loans of the same act; ``about_position`` the earlier event that it
    is about; ``starts_observation`` for relief given to a debtor in difficulty.
    """

    position: int
    event: AnyLoanEvent
    legs: tuple[Leg, ...] = ()
    with_loans: tuple[str, ...] = ()
    about_position: int = 0
    starts_observation: bool = False


class LoanState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A loan: what was agreed, and its entries in the order of arrival.

    ``outstanding_minor`` is the principal owed as far as limits know it, ``partner_minor`` what the
    partner's share came to as far as legs said it (see ``OnLoan``), ``partner_settled_minor`` what
    of it was paid.
    """

    loan_id: str = ""
    contract_id: str = ""
    customer_ids: tuple[str, ...] = ()
    branch_id: str = ""
    currency: str = ""
    debit_account_id: str = ""
    product_id: str = ""
    product_version: int = 0
    posting_class: str = ""
    terms: dict[str, Any] = msgspec.field(default_factory=dict)
    partner: Share | None = None
    index_id: str = ""
    spread_ppm: int = 0
    refinances: str = ""
    limit_path: tuple[str, ...] = ()
    outstanding_minor: int = 0
    partner_minor: int = 0
    partner_settled_minor: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether money was lent or a running loan taken over."""
        return bool(self.loan_id)

    @property
    def loan_terms(self) -> LoanTerms:
        """The terms, checked when they were agreed."""
        return _terms(msgspec.json.encode(self.terms))

    def entry(self, position: int) -> Entry | None:
        """The entry made by the fact at a log position."""
        return next((each for each in self.entries if each.position == position), None)

    @property
    def counted(self) -> tuple[Entry, ...]:
        """The entries that were not reversed, without the reversals, by value date."""
        place = {each.event.event_id: each for each in self.entries}
        events = in_order(tuple(each.event for each in self.entries))
        return tuple(place[event.event_id] for event in events)

    @property
    def observed_since(self) -> datetime.date | None:
        """When the observation of relief in difficulty began anew; None without such relief."""
        days = (each.event.value_date for each in self.counted if each.starts_observation)
        return max(days, default=None)

    def reversal_of(self, entry: Entry) -> Entry | None:
        """The standing reversal of an entry, if there is one."""
        undone: set[str] = set()
        for each in sorted(self.entries, key=lambda one: -one.position):
            event = each.event
            if isinstance(event, Reversal) and event.event_id not in undone:
                undone.add(event.reverses)
                if event.reverses == entry.event.event_id:
                    return each
        return None


INITIAL_LOAN = LoanState()


def entry_id(principal: str, command_id: str, ordinal: int = 0) -> str:
    """The id of an event's dated form: from the command, so the same in any order of arrival."""
    key = f"{principal}\n{command_id}\n{ordinal}"
    return hashlib.blake2b(key.encode(), digest_size=12).hexdigest()


@lru_cache(maxsize=10_000)
def _terms(stored: bytes) -> LoanTerms:
    return LoanTerms.model_validate_json(stored)


def standing_of(
    state: LoanState, as_of: datetime.date, *, also: tuple[AnyLoanEvent, ...] = ()
) -> Standing:
    """How the loan stands at the end of a day, with further dated events if any are given."""
    events = (*(each.event for each in state.entries), *also)
    return standing(state.loan_terms, events, as_of, by_events_alone=True)


def noted_of(
    state: LoanState, as_of: datetime.date, *, also: tuple[AnyLoanEvent, ...] = ()
) -> Noted:
    """As ``standing_of`` without the plan of what is not yet due: a third of the work."""
    events = (*(each.event for each in state.entries), *also)
    folded = fold_to(state.loan_terms, events, as_of, by_events_alone=True)
    return noted(folded.course, folded.money, as_of)


def owed_principal_minor(found: Standing | Noted) -> int:
    """Principal not yet due and principal due, unpaid."""
    return found.normal_minor + found.due.principal_minor


def evolve_loan(state: LoanState, fact: Fact) -> LoanState:
    """Fold one fact; events of other areas, and parts on other loans, change nothing."""
    parts = parts_of(fact.event)
    for part in parts:
        if isinstance(part, Drawn | LoanImported) and not state.exists:
            state = begun(part)
        if part.loan_id == state.loan_id:
            others = tuple(each.loan_id for each in parts if each is not part)
            return _entered(state, part, fact, others)
    return state


def _entered(state: LoanState, part: OnLoan, fact: Fact, others: tuple[str, ...]) -> LoanState:
    stamp = Stamp(
        value_date=fact.value_date,
        event_id=entry_id(fact.principal, fact.command_id, fact.ordinal),
        position=fact.position,
    )
    entries = state.entries
    if (dated := part.dated(stamp)) is not None:
        entry = Entry(
            fact.position,
            dated,
            part.legs,
            with_loans=others,
            about_position=part.about_position,
            starts_observation=part.starts_observation,
        )
        entries = (*entries, entry)
    settled = part.settled_minor if isinstance(part, PartnerShareSettled) else 0
    return msgspec.structs.replace(
        state,
        entries=entries,
        outstanding_minor=state.outstanding_minor + part.principal_change_minor,
        partner_minor=state.partner_minor + part.partner_change_minor,
        partner_settled_minor=state.partner_settled_minor + settled,
    )


def begun(event: Drawn | LoanImported) -> LoanState:
    """A loan as its first event pins it, before any entry."""
    floating = event if isinstance(event, Drawn) else None
    return LoanState(
        loan_id=event.loan_id,
        contract_id=event.contract_id,
        customer_ids=event.customer_ids,
        branch_id=event.branch_id,
        currency=event.currency,
        debit_account_id=event.debit_account_id,
        product_id=event.product_id,
        product_version=event.product_version,
        posting_class=event.posting_class,
        terms=event.terms,
        partner=event.partner,
        index_id=floating.index_id if floating else "",
        spread_ppm=floating.spread_ppm if floating else 0,
        refinances=floating.refinances if floating else "",
        limit_path=event.limit_path,
    )


def loan_invariants(state: LoanState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    ids = [each.event.event_id for each in state.entries]
    assert len(ids) == len(set(ids)), f"entries share an id: {ids}"
    assert state.outstanding_minor >= 0, f"{state.loan_id} owes {state.outstanding_minor}"
