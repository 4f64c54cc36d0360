"""Interest settled by difference over payments in any order is that of a day-by-day reference.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.accounts.events import AccountOpened
from kernel.application import interest_fold
from kernel.common.facts import Event, Fact
from kernel.common.moment import Moment
from kernel.common.terms import AccountClass
from kernel.deposits.commands import SettleInterest
from kernel.deposits.events import AgreementSet, InterestSettled
from kernel.deposits.interest import InterestState, accrued_to, invariants
from kernel.deposits.interest_rules import settle
from kernel.payments.commands import MoneySource
from kernel.payments.events import Deposited, Withdrawn
from tests.support.interest_reference import interest, quarter_ends

START = datetime.date(2026, 1, 5)
END = datetime.date(2026, 12, 24)
DAY = datetime.timedelta(days=1)
Evolve = Callable[[InterestState, Fact], InterestState]


class Payment(msgspec.Struct, frozen=True):
    """Money that counts from one day and arrives on the same day or up to thirty days later."""

    counts_on: datetime.date
    days_late: int
    minor: int


payments = st.lists(
    st.builds(
        Payment,
        st.integers(0, (END - START).days).map(lambda n: START + n * DAY),
        st.sampled_from([0, 0, 1, 9, 29, 30]),
        st.one_of(st.integers(1, 10**9), st.integers(-(10**9), -1)),
    ),
    max_size=12,
)
rates = st.dictionaries(
    st.integers(0, 340).map(lambda n: START + n * DAY), st.integers(0, 50_000), max_size=4
).map(lambda more: {datetime.date.min: 3_500, **more})
agreements = st.none() | st.tuples(
    st.integers(0, 300), st.integers(1, 360), st.integers(1, 10**8), st.integers(0, 30_000)
)


class Account:
    """An account to which facts happen, and everything that ever moved on it."""

    def __init__(self, account_class: AccountClass, evolve: Evolve) -> None:
        self.evolve = evolve
        self.state = interest_fold.INITIAL
        self.moves: list[tuple[datetime.date, int]] = []
        opened = AccountOpened(
            account_id="A", customer_id="C", product_id="P", product_version=1, branch_id="0755",
            currency="CNY", account_class=account_class, posting_class="PERSONAL_CURRENT",
        )  # fmt: skip
        self.happened(opened, START, START)

    def happened(self, event: Event, booked: datetime.date, counts: datetime.date) -> None:
        """Fold a fact, and note the money of the account."""
        fact = Fact(
            position=1, principal="", channel="", method="", command_id="", ordinal=0,
            fingerprint=b"", recorded_at=datetime.datetime.min, booking_date=booked,
            value_date=counts, event=event,
        )  # fmt: skip
        self.moves += [(counts, -leg.amount_minor) for leg in event.legs if leg.account == "A"]
        self.state = self.evolve(self.state, fact)
        invariants(self.state)

    def pay(self, payment: Payment, on: datetime.date) -> None:
        """Money in or out."""
        about: dict[str, Any] = {
            "account_id": "A", "amount_minor": abs(payment.minor), "currency": "CNY",
            "branch_id": "0755",
        }  # fmt: skip
        if payment.minor > 0:
            event: Event = Deposited(**about, source=MoneySource.CASH)
        else:
            event = Withdrawn(**about, ordering_customer_id="C", destination=MoneySource.CASH)
        self.happened(event, on, payment.counts_on)

    def settle(self, last: datetime.date, listed: Mapping[datetime.date, int]) -> None:
        """Settle to a day, on the next one."""
        on = last + DAY
        moment = Moment(booking_date=on, value_date=on, position=1, principal="bank")
        command = SettleInterest(account_id="A", settled_on=last)
        self.happened(settle(command, self.state, listed, moment), on, on)


def year(
    account: Account,
    arriving: list[Payment],
    listed: Mapping[datetime.date, int],
    agreed: AgreementSet | None = None,
) -> None:
    """A year of business days: the agreement, the payments that arrive, the settlements."""
    ends = quarter_ends(START, END)
    for day in (START + n * DAY for n in range((END - START).days + 31)):
        if agreed is not None and agreed.from_date == day:
            account.happened(agreed, day, day)
        for payment in arriving:
            if payment.counts_on + payment.days_late * DAY == day:
                account.pay(payment, day)
        if day - DAY in ends:
            account.settle(day - DAY, listed)


def difference(account: Account, listed: Mapping[datetime.date, int], **of_it: Any) -> int:
    """What the account earned, less what the reference says."""
    through = END + 30 * DAY
    start = min([START, *(day for day, _ in account.moves)])
    expected = interest(account.moves, listed, start, through, **of_it)
    return accrued_to(account.state, through, listed) - expected


@settings(max_examples=60, deadline=None)
@given(payments.flatmap(st.permutations), rates)
def test_a_persons_interest(arriving: list[Payment], listed: dict[datetime.date, int]) -> None:
    account = Account(AccountClass.I, interest_fold.evolve)
    year(account, arriving, listed)
    assert difference(account, listed, by_day=False, unit=100) == 0


@settings(max_examples=60, deadline=None)
@given(payments.flatmap(st.permutations), rates, agreements)
def test_a_companys_interest(
    arriving: list[Payment],
    listed: dict[datetime.date, int],
    terms: tuple[int, int, int, int] | None,
) -> None:
    agreed = None
    if terms is not None:
        since = START + terms[0] * DAY
        agreed = (since, since + terms[1] * DAY, terms[2], terms[3])
    account = Account(AccountClass.CORPORATE, interest_fold.evolve)
    year(account, arriving, listed, agreed and _agreement(*agreed))
    assert difference(account, listed, by_day=True, unit=1, agreed=agreed) == 0


def _agreement(
    since: datetime.date, until: datetime.date, base_minor: int, ppm: int
) -> AgreementSet:
    return AgreementSet(
        account_id="A", product_id="P", product_version=1, base_minor=base_minor,
        annual_rate_ppm=ppm, from_date=since, until=until,
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(payments, st.randoms(use_true_random=False), rates)
def test_payments_of_a_day_may_arrive_in_any_order(
    arriving: list[Payment], chance: Any, listed: dict[datetime.date, int]
) -> None:
    """The same days of arrival, another order within each: the same state to the bit."""
    first = Account(AccountClass.I, interest_fold.evolve)
    second = Account(AccountClass.I, interest_fold.evolve)
    year(first, arriving, listed)
    shuffled = list(arriving)
    chance.shuffle(shuffled)
    year(second, shuffled, listed)
    assert first.state == second.state


def _forgets_at_once(state: InterestState, fact: Fact) -> InterestState:
    """Defect: what is settled is folded away at once, so nothing dated back corrects it."""
    state = interest_fold.evolve(state, fact)
    if not isinstance(fact.event, InterestSettled):
        return state
    gone = sum(change for _, change in state.moves)
    return msgspec.structs.replace(
        state, periods=(), moves=(), opening_minor=state.opening_minor + gone
    )


def _counts_from_booking(state: InterestState, fact: Fact) -> InterestState:
    """Defect: money counts from the day on which it was booked."""
    return interest_fold.evolve(state, msgspec.structs.replace(fact, value_date=fact.booking_date))


@pytest.mark.parametrize("defect", [_forgets_at_once, _counts_from_booking])
def test_the_reference_finds_a_defect(defect: Evolve) -> None:
    arriving = [
        Payment(datetime.date(2026, 2, 1), 0, 10**9),
        Payment(datetime.date(2026, 3, 10), 30, 10**9),
    ]
    account = Account(AccountClass.I, defect)
    year(account, arriving, {datetime.date.min: 3_500})
    assert difference(account, {datetime.date.min: 3_500}, by_day=False, unit=100) != 0
