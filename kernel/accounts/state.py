"""The state of one account, folded from everything that touched it.

Units: whole minor units of the account's currency. Sign: ``ledger_minor`` positive is the
customer's money; legs are debit positive, so a leg's amount is taken away.
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from sys import intern

import msgspec

from kernel.accounts import holds, restraints
from kernel.accounts.events import (
    AccountClosed,
    AccountEvent,
    AccountLimitedToCounter,
    AccountMarkedDormant,
    AccountOpened,
    AccountReactivated,
    BoundAccountChanged,
    OverdraftLimitSet,
    RestraintLifted,
    RestraintPlaced,
    RestraintRenewed,
)
from kernel.accounts.holds import Hold
from kernel.accounts.restraints import Restraint
from kernel.accounts.usage import Usage
from kernel.common.facts import Event, Fact
from kernel.common.terms import AccountClass


class Status(StrEnum):
    """Where an account stands in its life."""

    NONE = "NONE"
    ACTIVE = "ACTIVE"
    DORMANT = "DORMANT"
    CLOSED = "CLOSED"


class AccountState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """How an account stands. The first fields change with every payment, the others seldom."""

    ledger_minor: int = 0
    usage: Usage = Usage()
    account_id: str = ""
    status: Status = Status.NONE
    customer_id: str = ""
    branch_id: str = ""
    currency: str = ""
    account_class: AccountClass = AccountClass.CORPORATE
    posting_class: str = ""
    overdraft_max_minor: int = 0
    overdraft_limit_minor: int = 0
    bound_account_id: str | None = None
    counter_only: bool = False
    holds: dict[str, Hold] = {}
    restraints: dict[str, Restraint] = {}

    @property
    def exists(self) -> bool:
        """Whether it was ever opened."""
        return self.status is not Status.NONE

    @property
    def is_open(self) -> bool:
        """Whether it was opened and not closed."""
        return self.status in (Status.ACTIVE, Status.DORMANT)

    def held_minor(self, on: datetime.date) -> int:
        """Bound by live holds on a business date."""
        return holds.live_minor(self.holds, on) if self.holds else 0

    def available_minor(self, on: datetime.date) -> int:
        """What can be paid out: booked, less holds, less frozen amounts, plus the overdraft limit.

        The one place where this figure is made.
        """
        available = self.ledger_minor + self.overdraft_limit_minor
        if self.holds:
            available -= holds.live_minor(self.holds, on)
        if self.restraints:
            available -= restraints.bound_minor(restraints.binding(self.restraints, on).values())
        return available


INITIAL = AccountState()


def evolve(state: AccountState, fact: Fact) -> AccountState:
    """Fold one fact: the account's own events, and what any event says of it in shared words."""
    event = fact.event
    own = _own(state, event, fact)
    return _money(own, event, fact)


def _money(state: AccountState, event: Event, fact: Fact) -> AccountState:
    """Legs, hold changes and cap uses of this account."""
    account_id = state.account_id
    ledger, usage, held = state.ledger_minor, state.usage, state.holds
    for leg in event.legs:
        if leg.account == account_id:
            ledger -= leg.amount_minor
    for change in event.hold_changes:
        if change.account == account_id:
            held = holds.changed(held, change)
    for use in event.cap_uses:
        if use.account == account_id:
            usage = usage.add(use.direction, use.amount_minor, use.on or fact.booking_date)
    if ledger == state.ledger_minor and usage is state.usage and held is state.holds:
        return state
    return msgspec.structs.replace(state, ledger_minor=ledger, usage=usage, holds=held)


def _own(state: AccountState, event: Event, fact: Fact) -> AccountState:
    """The account's own events; all others leave it as it is."""
    if not isinstance(event, AccountEvent):
        return state
    replace = msgspec.structs.replace
    match event:
        case AccountOpened():
            return replace(
                INITIAL,  # its empty parts are shared, as are names that many accounts have
                account_id=event.account_id,
                status=Status.ACTIVE,
                customer_id=event.customer_id,
                branch_id=intern(event.branch_id),
                currency=intern(event.currency),
                account_class=event.account_class,
                posting_class=intern(event.posting_class),
                overdraft_max_minor=event.overdraft_max_minor,
                bound_account_id=event.bound_account_id,
            )
        case AccountClosed():
            return replace(state, status=Status.CLOSED)
        case AccountMarkedDormant():
            return replace(state, status=Status.DORMANT)
        case AccountReactivated():
            return replace(state, status=Status.ACTIVE, counter_only=False)
        case AccountLimitedToCounter():
            return replace(state, counter_only=True)
        case OverdraftLimitSet():
            return replace(state, overdraft_limit_minor=event.limit_minor)
        case BoundAccountChanged():
            return replace(state, bound_account_id=event.bound_account_id)
        case RestraintPlaced() | RestraintRenewed() | RestraintLifted():
            return replace(state, restraints=_restrained(state.restraints, event, fact))
        case _:
            return state


def _restrained(
    known: dict[str, Restraint],
    event: RestraintPlaced | RestraintRenewed | RestraintLifted,
    fact: Fact,
) -> dict[str, Restraint]:
    if isinstance(event, RestraintPlaced):
        one = Restraint(
            kind=event.kind,
            authority=event.authority,
            direction=event.direction,
            amount_minor=event.amount_minor,
            placed_on=event.placed_on,
            expires_on=event.expires_on,
            placed_by=event.placed_by,
        )
    elif isinstance(event, RestraintRenewed):
        one = msgspec.structs.replace(known[event.restraint_id], expires_on=event.expires_on)
    else:
        one = msgspec.structs.replace(known[event.restraint_id], lifted_on=fact.booking_date)
    return {**known, event.restraint_id: one}


def invariants(state: AccountState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    for hold_id, hold in state.holds.items():
        assert 0 <= hold.left_minor <= hold.placed_minor, f"hold {hold_id}: {hold}"
    if state.status is Status.CLOSED:
        assert state.ledger_minor == 0, f"closed with {state.ledger_minor}"
    assert state.overdraft_limit_minor <= state.overdraft_max_minor or not state.exists
    usage = state.usage
    assert min(usage.out_day_minor, usage.in_day_minor) >= 0, f"negative use: {usage}"
