"""The dormancy ladder: what becomes of an account that nobody uses, step by step.

An account without any transaction since its opening is limited to the counter. A person's account
with a small balance that rests for long is marked dormant. A company's account is given notice
after a year; when the notice ends it is deemed closed and its balance goes to long suspense, from
which it is still paid on claim.

Interest, tax and fees are no activity. Steps are counted in business dates from the last activity,
the opening or the last reactivation.

Units: whole minor units. Sign: the customer's view.
Source: 银发〔2016〕261号 art. 8 (six months, not at the counter only); 人民币银行结算账户管理办法
art. 56 (a year, thirty days, long suspense); a person's months and balance are bank policy.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.accounts.commands import DormancyStep, TakeDormancyStep
from kernel.accounts.events import (
    AccountClosed,
    AccountEvent,
    AccountLimitedToCounter,
    AccountMarkedDormant,
    AccountOpened,
    AccountReactivated,
    DormancyNoticeGiven,
    LongSuspenseClaimed,
    MovedToLongSuspense,
)
from kernel.accounts.movements import require_open, require_withdrawable
from kernel.accounts.policy import POLICY
from kernel.accounts.refusals import DormancyStepNotDue
from kernel.accounts.state import AccountState
from kernel.common.day_count import shifted
from kernel.common.facts import Fact
from kernel.common.moment import Moment
from kernel.common.terms import AccountClass

NO_ACTIVITY = frozenset({"INTEREST", "INTEREST_TAX", "FEE", "LONG_SUSPENSE"})
"""Purposes of legs that the bank itself makes."""


class ActivityState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long an account rests, and how far down the ladder it is.

    ``since`` is its opening or last reactivation; ``closes_on`` ends a company's notice.
    ``suspended_minor`` lies in long suspense for its holder.
    """

    account_id: str = ""
    branch_id: str = ""
    currency: str = ""
    is_settlement: bool = False
    is_corporate: bool = False
    since: datetime.date = datetime.date.min
    last_activity_on: datetime.date | None = None
    balance_minor: int = 0
    counter_only: bool = False
    is_dormant: bool = False
    closes_on: datetime.date | None = None
    suspended_minor: int = 0

    @property
    def rests_since(self) -> datetime.date:
        """The last day on which something happened."""
        return max(self.since, self.last_activity_on or self.since)


INITIAL = ActivityState()


def evolve(state: ActivityState, fact: Fact) -> ActivityState:
    """Fold one fact of the account."""
    replace = msgspec.structs.replace
    event = fact.event
    for leg in event.legs:
        if leg.account == state.account_id:
            state = replace(state, balance_minor=state.balance_minor - leg.amount_minor)
            if leg.purpose not in NO_ACTIVITY:
                state = replace(state, last_activity_on=fact.booking_date, closes_on=None)
    match event:
        case AccountOpened():
            return ActivityState(
                account_id=event.account_id,
                branch_id=event.branch_id,
                currency=event.currency,
                is_settlement=event.account_class is not AccountClass.DEPOSIT,
                is_corporate=event.account_class is AccountClass.CORPORATE,
                since=fact.booking_date,
            )
        case AccountClosed():
            return replace(state, is_settlement=False)
        case AccountLimitedToCounter():
            return replace(state, counter_only=True)
        case AccountMarkedDormant():
            return replace(state, is_dormant=True)
        case DormancyNoticeGiven():
            return replace(state, closes_on=event.closes_on)
        case MovedToLongSuspense():
            return replace(state, suspended_minor=state.suspended_minor + event.amount_minor)
        case LongSuspenseClaimed():
            return replace(state, suspended_minor=state.suspended_minor - event.amount_minor)
        case AccountReactivated():
            return replace(
                state, since=fact.booking_date, counter_only=False, is_dormant=False, closes_on=None
            )
        case _:
            return state


def step_due(state: ActivityState, on: datetime.date) -> DormancyStep | None:
    """The next step of the ladder that is due at the close of a day, or None."""
    if not state.is_settlement:
        return None
    if (
        state.last_activity_on is None
        and not (state.counter_only or state.is_dormant)
        and _rests(state, "dormant.new_no_txn_months", on)
    ):
        return DormancyStep.COUNTER_ONLY
    if not state.is_corporate:
        small = POLICY.value("dormant.person_balance_max_minor", on)
        is_small = 0 <= state.balance_minor <= small
        if is_small and not state.is_dormant and _rests(state, "dormant.person_months", on):
            return DormancyStep.INACTIVE
        return None
    if state.is_dormant and not state.balance_minor:
        return None
    if state.balance_minor < 0 or not _rests(state, "dormant.corporate_months", on):
        return None
    if state.closes_on is None:
        return DormancyStep.NOTICE
    return DormancyStep.LONG_SUSPENSE if on >= state.closes_on else None


def _rests(state: ActivityState, months_key: str, on: datetime.date) -> bool:
    months = POLICY.value(months_key, on)
    return on >= datetime.date.fromordinal(shifted(state.rests_since.toordinal(), months))


def take_step(
    command: TakeDormancyStep, activity: ActivityState, account: AccountState, at: Moment
) -> tuple[AccountEvent, ...]:
    """Take the step that is due, and no other."""
    require_open(account, command.account_id)
    on = at.booking_date
    due = step_due(activity, on)
    if due is not command.step:
        raise DormancyStepNotDue(
            account_id=account.account_id, step=command.step.value, due=due or "nothing", on=str(on)
        )
    account_id = account.account_id
    if due is DormancyStep.COUNTER_ONLY:
        return (AccountLimitedToCounter(account_id=account_id),)
    if due is DormancyStep.NOTICE:
        days = POLICY.value("dormant.corporate_notice_days", on)
        closes_on = on + datetime.timedelta(days=days)
        return (DormancyNoticeGiven(account_id=account_id, given_on=on, closes_on=closes_on),)
    rests_since = activity.rests_since
    marked = AccountMarkedDormant(account_id=account_id, reason=f"no activity since {rests_since}")
    if due is DormancyStep.INACTIVE or not account.ledger_minor:
        return (marked,)
    require_withdrawable(account, account.ledger_minor, at)
    suspended = MovedToLongSuspense(
        account_id=account_id,
        branch_id=account.branch_id,
        currency=account.currency,
        amount_minor=account.ledger_minor,
    )
    return (suspended,) if activity.is_dormant else (suspended, marked)


def claimed(activity: ActivityState) -> tuple[LongSuspenseClaimed, ...]:
    """What a reactivation brings back from long suspense, if anything lies there."""
    if not activity.suspended_minor:
        return ()
    return (
        LongSuspenseClaimed(
            account_id=activity.account_id,
            branch_id=activity.branch_id,
            currency=activity.currency,
            amount_minor=activity.suspended_minor,
        ),
    )


def invariants(state: ActivityState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    assert state.suspended_minor >= 0, state.suspended_minor
    assert not state.suspended_minor or state.is_dormant, "in long suspense and not dormant"
