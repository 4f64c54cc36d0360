"""The line of an account says what a fold of its facts says, on every day until it ends."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from kernel.deposits import accrual, interest
from kernel.deposits.accrual_lines import demand_line, deposit_line, earned_to, settled_line
from kernel.deposits.commands import AtMaturity, RateLine
from kernel.deposits.events import AgreementSet
from kernel.deposits.interest import DAY, InterestState
from kernel.deposits.rates import RatesState, demand_rates
from kernel.deposits.state import (
    DepositKind,
    DepositState,
    DepositStatus,
    GivenNotice,
    NoticeStatus,
)

START = datetime.date(2026, 1, 5)
DAYS = st.integers(0, 200).map(lambda n: START + n * DAY)
PPM = st.integers(0, 60_000)


@st.composite
def rates(draw: st.DrawFn) -> RatesState:
    lines = (f"{RateLine.DEMAND}.0", f"{RateLine.NOTICE}.7")
    return RatesState({name: draw(st.dictionaries(DAYS, PPM, max_size=3)) for name in lines})


@st.composite
def accounts(draw: st.DrawFn) -> InterestState:
    moves = draw(st.dictionaries(DAYS, st.integers(-(10**12), 10**13), max_size=6))
    agreed = draw(st.none() | st.tuples(DAYS, st.integers(1, 90)))
    is_corporate = draw(st.booleans())
    agreements = () if agreed is None or not is_corporate else (
        AgreementSet(
            account_id="A", product_id="P", product_version=1, base_minor=10**6,
            annual_rate_ppm=9_000, from_date=agreed[0], until=agreed[0] + agreed[1] * DAY,
        ),
    )  # fmt: skip
    return InterestState(
        account_id="A", currency="CNY", is_demand=True, is_corporate=is_corporate,
        opened_on=START, moves=tuple(sorted(moves.items())), agreements=agreements,
        settled_minor=draw(st.integers(0, 10**6)), carried_minor=draw(st.integers(-5, 0)),
    )  # fmt: skip


@st.composite
def deposits(draw: st.DrawFn) -> DepositState:
    opened = draw(DAYS)
    given_on = opened + draw(st.integers(0, 60)) * DAY
    notice = GivenNotice(
        amount_minor=draw(st.integers(1, 10**9)),
        given_on=given_on,
        draw_on=given_on + draw(st.integers(7, 30)) * DAY,
        status=draw(st.sampled_from([NoticeStatus.OPEN, NoticeStatus.CANCELLED])),
    )
    kind = draw(st.sampled_from(DepositKind))
    is_notice = kind is DepositKind.NOTICE
    status = draw(st.sampled_from([DepositStatus.OPEN, DepositStatus.OPEN, DepositStatus.CLOSED]))
    return DepositState(
        deposit_id="D", kind=kind, currency="CNY", opened_on=opened, notice_days=7,
        status=status,
        principal_minor=draw(st.integers(10**4, 10**13)), at_maturity=AtMaturity.HOLD,
        annual_rate_ppm=draw(st.none() | PPM if is_notice else PPM),
        matures_on=datetime.date.max if is_notice else opened + draw(st.integers(1, 90)) * DAY,
        notices={"N": notice} if is_notice and draw(st.booleans()) else {},
        interest_paid_minor=draw(st.integers(0, 10**6)),
    )  # fmt: skip


@given(accounts(), DAYS, rates(), PPM, st.integers(0, 120))
def test_a_current_account(
    state: InterestState, day: datetime.date, listed: RatesState, ppm: int, later: int
) -> None:
    line = demand_line(state, day, listed, ppm)
    assert line.until > day
    on = min(day + later * DAY, line.until - DAY)
    expected = interest.accrued_to(state, on, demand_rates(listed, ppm))
    assert earned_to(line, on, listed) == expected


@given(deposits(), DAYS, rates(), st.integers(0, 120))
def test_a_term_or_notice_deposit(
    state: DepositState, day: datetime.date, listed: RatesState, later: int
) -> None:
    line = deposit_line(state, day, listed)
    assert line.until > day
    on = min(day + later * DAY, line.until - DAY)
    assert earned_to(line, on, listed) == accrual.accrued_to(state, on, listed)


@given(accounts(), rates(), PPM)
def test_a_line_that_was_settled_goes_on_from_the_next_day(
    state: InterestState, listed: RatesState, ppm: int
) -> None:
    last = datetime.date(2026, 3, 20)
    line = demand_line(state, last, listed, ppm)
    paid = earned_to(line, last, listed)
    found = settled_line(line, last, paid, listed)
    assert settled_line(line, last, paid + 1, listed) is None
    if found is None:
        assert line.until != last + DAY or state.agreements or state.moves[-1][0] > last
        return
    kept = tuple(each for each in state.moves if each[0] <= last)
    after = InterestState(
        account_id="A", currency="CNY", is_demand=True, is_corporate=state.is_corporate,
        opened_on=START, moves=kept, settled_to=last + DAY, settled_minor=paid,
    )  # fmt: skip
    for on in (last, last + DAY, last + 45 * DAY, last + 92 * DAY):
        assert earned_to(found, on, listed) == interest.accrued_to(
            after, on, demand_rates(listed, ppm)
        )
