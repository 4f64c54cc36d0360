"""The state of a term or notice deposit, folded from the log.

Units: whole minor units, rates in ppm a year. Days of a term are half-open: it earns from
``opened_on`` to ``matures_on``, which no longer counts.
"""

from __future__ import annotations

import datetime
from enum import StrEnum

import msgspec

from kernel.common.facts import Fact
from kernel.deposits.commands import AtMaturity
from kernel.deposits.events import (
    DepositOpened,
    DepositPaidOut,
    NoticeCancelled,
    NoticeDepositOpened,
    NoticeDepositWithdrawn,
    NoticeGiven,
    TermDepositOpened,
    TermDepositRolledOver,
    TermDepositWithdrawn,
)


class DepositKind(StrEnum):
    """What sort of deposit it is."""

    TERM = "TERM"
    NOTICE = "NOTICE"


class DepositStatus(StrEnum):
    """Where a deposit stands in its life."""

    NONE = "NONE"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class NoticeStatus(StrEnum):
    """What became of a notice; one whose day has passed is lapsed, which nobody needs to say."""

    OPEN = "OPEN"
    DRAWN = "DRAWN"
    CANCELLED = "CANCELLED"


class GivenNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it stands."""

    amount_minor: int
    given_on: datetime.date
    draw_on: datetime.date
    status: NoticeStatus = NoticeStatus.OPEN


class DepositState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a deposit stands.

    ``opened_on`` begins the current term, ``anchor_on`` the first one: a maturity keeps its day of
    the month through rollovers. ``annual_rate_ppm`` None: the listed rate of the day of withdrawal.
    ``forfeited`` are balance-days that cancelled and lapsed notices have cost already;
    ``interest_paid_minor`` is all interest that was paid or capitalised, before tax.
    """

    deposit_id: str = ""
    kind: DepositKind = DepositKind.TERM
    status: DepositStatus = DepositStatus.NONE
    account_id: str = ""
    customer_id: str = ""
    branch_id: str = ""
    currency: str = ""
    product_id: str = ""
    product_version: int = 0
    principal_minor: int = 0
    minimum_rest_minor: int = 0
    annual_rate_ppm: int | None = None
    anchor_on: datetime.date = datetime.date.min
    opened_on: datetime.date = datetime.date.min
    term_months: int = 0
    matures_on: datetime.date = datetime.date.max
    at_maturity: AtMaturity = AtMaturity.HOLD
    rollover_number: int = 0
    partial_withdrawals: int = 0
    partial_withdrawals_max: int = 0
    notice_days: int = 0
    minimum_draw_minor: int = 0
    notices: dict[str, GivenNotice] = {}
    forfeited: int = 0
    interest_paid_minor: int = 0

    @property
    def exists(self) -> bool:
        """Whether it was ever opened."""
        return self.status is not DepositStatus.NONE


INITIAL = DepositState()


def evolve(state: DepositState, fact: Fact) -> DepositState:
    """Fold one fact of the deposit; events of other areas change nothing."""
    replace = msgspec.structs.replace
    event = fact.event
    match event:
        case TermDepositOpened() | NoticeDepositOpened():
            return _opened(event)
        case DepositPaidOut():
            return _paid_out(state, event)
        case TermDepositRolledOver():
            return replace(
                state,
                principal_minor=state.principal_minor
                + (event.interest_minor - event.tax_minor if event.capitalised else 0),
                annual_rate_ppm=event.annual_rate_ppm,
                opened_on=event.opened_on,
                matures_on=event.matures_on,
                rollover_number=event.number,
                partial_withdrawals=0,
                interest_paid_minor=state.interest_paid_minor + event.interest_minor,
            )
        case NoticeGiven():
            given = GivenNotice(
                amount_minor=event.amount_minor, given_on=event.given_on, draw_on=event.draw_on
            )
            return replace(state, notices={**state.notices, event.notice_id: given})
        case NoticeCancelled():
            return _noticed(state, event.notice_id, NoticeStatus.CANCELLED)
        case _:
            return state


def _opened(event: DepositOpened) -> DepositState:
    common = DepositState(
        deposit_id=event.deposit_id,
        status=DepositStatus.OPEN,
        account_id=event.account_id,
        customer_id=event.customer_id,
        branch_id=event.branch_id,
        currency=event.currency,
        product_id=event.product_id,
        product_version=event.product_version,
        principal_minor=event.amount_minor,
        minimum_rest_minor=event.minimum_rest_minor,
        anchor_on=event.opened_on,
        opened_on=event.opened_on,
    )
    if isinstance(event, TermDepositOpened):
        return msgspec.structs.replace(
            common,
            kind=DepositKind.TERM,
            annual_rate_ppm=event.annual_rate_ppm,
            term_months=event.term_months,
            matures_on=event.matures_on,
            at_maturity=event.at_maturity,
            partial_withdrawals_max=event.partial_withdrawals_max,
        )
    assert isinstance(event, NoticeDepositOpened)
    return msgspec.structs.replace(
        common,
        kind=DepositKind.NOTICE,
        annual_rate_ppm=event.annual_rate_ppm,
        notice_days=event.notice_days,
        minimum_draw_minor=event.minimum_draw_minor,
    )


def _paid_out(state: DepositState, event: DepositPaidOut) -> DepositState:
    changed = msgspec.structs.replace(
        state,
        principal_minor=state.principal_minor - event.principal_minor,
        interest_paid_minor=state.interest_paid_minor + event.interest_minor,
        status=DepositStatus.CLOSED if event.left_minor == 0 else state.status,
    )
    if isinstance(event, TermDepositWithdrawn) and event.is_early and event.left_minor:
        count = state.partial_withdrawals + 1
        return msgspec.structs.replace(changed, partial_withdrawals=count)
    if isinstance(event, NoticeDepositWithdrawn):
        forfeited = changed.forfeited + event.forfeited_days
        changed = msgspec.structs.replace(changed, forfeited=forfeited)
        if event.notice_id is not None:
            return _noticed(changed, event.notice_id, NoticeStatus.DRAWN)
    return changed


def _noticed(state: DepositState, notice_id: str, status: NoticeStatus) -> DepositState:
    changed = msgspec.structs.replace(state.notices[notice_id], status=status)
    return msgspec.structs.replace(state, notices={**state.notices, notice_id: changed})


def invariants(state: DepositState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    assert (state.status is DepositStatus.OPEN) == (state.principal_minor > 0), state.status
    assert state.partial_withdrawals <= state.partial_withdrawals_max, "too many parts withdrawn"
    if state.exists and state.kind is DepositKind.TERM:
        assert state.opened_on < state.matures_on, f"{state.opened_on} to {state.matures_on}"
