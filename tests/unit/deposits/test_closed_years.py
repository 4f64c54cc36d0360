"""What late facts change of a closed year's interest: valued by its last day, whatever followed."""

from __future__ import annotations

import datetime

import msgspec

from kernel.deposits.closed_years import by_act, by_money
from kernel.deposits.commands import AtMaturity
from kernel.deposits.events import RateStep, SettledPeriod, TermDepositMatured
from kernel.deposits.interest import DAY, InterestState
from kernel.deposits.rates import RatesState
from kernel.deposits.state import DepositKind, DepositState, DepositStatus
from tests.support.bank_facts import fact

OPENED, YEAR_END, TODAY = (
    datetime.date(2025, 12, 21),
    datetime.date(2025, 12, 31),
    datetime.date(2026, 1, 12),
)
RATES = {datetime.date.min: 3_600, datetime.date(2026, 1, 5): 7_200}
"""36 and 72 fen a million a day."""
LATE = (datetime.date(2025, 12, 29), 1_000_000)
ACCOUNT = InterestState(
    account_id="A", currency="CNY", is_demand=True, opened_on=OPENED,
    moves=((OPENED, 5_000_000), LATE),
)  # fmt: skip
PAID = TermDepositMatured(
    deposit_id="TD", branch_id="0755", currency="CNY", account_id="A",
    principal_minor=10**6, left_minor=0, pieces=(), interest_minor=30_000,
)  # fmt: skip


def test_money_dated_back_counts_to_the_years_last_day_at_the_rate_of_that_day() -> None:
    assert by_money(ACCOUNT, [LATE], TODAY, RATES) == 3 * 10


def test_a_settlement_since_then_changes_nothing_of_it() -> None:
    """Settled to close the account, at another rate; the money came a day later."""
    to = TODAY - DAY
    settled = SettledPeriod(
        from_date=OPENED, to_date=to, steps=(RateStep(from_date=OPENED, annual_rate_ppm=7_200),),
        balance_days=5_000_000 * 21, interest_minor=2_100,
    )  # fmt: skip
    state = msgspec.structs.replace(ACCOUNT, periods=(settled,), settled_to=to, settled_minor=2_100)
    assert by_money(state, [LATE], TODAY, RATES) == 3 * 10


def test_two_facts_change_what_one_of_both_would() -> None:
    other = (datetime.date(2025, 12, 30), -400_055)
    both = msgspec.structs.replace(ACCOUNT, moves=(*ACCOUNT.moves, other))
    first = by_money(ACCOUNT, [LATE], TODAY, RATES)
    assert first + by_money(both, [other], TODAY, RATES) == by_money(
        both, [LATE, other], TODAY, RATES
    )


def test_a_maturity_carried_out_late_takes_back_the_days_behind_it() -> None:
    matured = datetime.date(2025, 12, 30)
    before = DepositState(
        deposit_id="TD", kind=DepositKind.TERM, currency="CNY", status=DepositStatus.OPEN,
        opened_on=datetime.date(2022, 12, 30), matures_on=matured, principal_minor=10**6,
        annual_rate_ppm=10_000, at_maturity=AtMaturity.PAY_OUT,
    )  # fmt: skip
    after = msgspec.structs.replace(
        before, status=DepositStatus.CLOSED, principal_minor=0, interest_paid_minor=30_000
    )
    listed = RatesState({"DEMAND.0": RATES})
    assert by_act(fact(PAID, 9, TODAY, matured), before, after, listed) == -2 * 10
    assert by_act(fact(PAID, 9, TODAY, TODAY), before, after, listed) == 0, "of the open year"
