"""Caps of class Ⅱ and Ⅲ accounts at their edges, and what stays outside them.

Source: 银发〔2016〕261号, 银发〔2018〕16号.
"""

from __future__ import annotations

import datetime

import pytest

from kernel.accounts.events import AccountOpened
from kernel.accounts.movements import is_capped, require_credit, require_debit
from kernel.accounts.state import INITIAL, AccountState, evolve, invariants
from kernel.common.legs import CapUse, Direction, Leg
from kernel.common.terms import AccountClass
from kernel.payments.commands import MoneySource, TransferPurpose
from kernel.payments.events import Deposited, PaymentReversed, Transferred
from tests.support.given import DAY, fact, fold, moment, refused

YUAN = 100


def opened(account_class: AccountClass, bound: str | None = None) -> AccountOpened:
    """Account A of a class."""
    return AccountOpened(
        account_id="A",
        customer_id="C",
        product_id="P",
        product_version=1,
        branch_id="0755",
        currency="CNY",
        account_class=account_class,
        posting_class="PERSONAL_CURRENT",
        bound_account_id=bound,
    )


def spent(amount_minor: int) -> Transferred:
    """Money from A to a shop, counted against A's caps."""
    return Transferred(
        ordering_customer_id="C",
        payer_account_id="A",
        payee_account_id="SHOP",
        amount_minor=amount_minor,
        currency="CNY",
        payer_capped=True,
    )


def account(account_class: AccountClass, *spendings: int, funds: int = 10**9) -> AccountState:
    """Account A with funds, after some spendings today."""
    paid_in = Deposited(
        account_id="A",
        amount_minor=funds,
        currency="CNY",
        branch_id="0755",
        source=MoneySource.CLEARING,
    )
    return fold(evolve, INITIAL, opened(account_class), paid_in, *map(spent, spendings))


def debit(state: AccountState, amount_minor: int, on: datetime.date = DAY) -> None:
    """Ask for a capped debit."""
    require_debit(state, amount_minor, "CNY", moment(on), capped=True)


@pytest.mark.parametrize(
    ("account_class", "cap_yuan"), [(AccountClass.II, 10_000), (AccountClass.III, 2_000)]
)
def test_the_cap_of_the_day(account_class: AccountClass, cap_yuan: int) -> None:
    """Exactly at the cap passes, one fen over is refused with the figures."""
    used = 8 * cap_yuan // 10 * YUAN
    state = account(account_class, used)
    debit(state, cap_yuan * YUAN - used)
    with pytest.raises(Exception, match="day cap"):
        debit(state, cap_yuan * YUAN - used + 1)
    debit(state, cap_yuan * YUAN, DAY + datetime.timedelta(days=1))


def test_eight_thousand_and_then_two_and_a_half() -> None:
    """The second spending of the day is refused; the bound account stays outside the cap."""
    state = account(AccountClass.II, 8_000 * YUAN)
    with pytest.raises(Exception, match="day cap"):
        debit(state, 2_500 * YUAN)
    bound = fold(evolve, INITIAL, opened(AccountClass.II, bound="B"))
    other = AccountState(account_id="B")
    assert not is_capped(bound, other, TransferPurpose.ORDINARY)
    require_debit(state, 30_000 * YUAN, "CNY", moment(), capped=False)


def test_the_cap_of_the_year() -> None:
    """Twenty days at the day's cap use up the year of a class Ⅱ account."""
    state = account(AccountClass.II)
    for day in range(20):
        on = DAY + datetime.timedelta(days=day)
        debit(state, 10_000 * YUAN, on)
        state = evolve(state, fact(spent(10_000 * YUAN), 10 + day, on))
    with pytest.raises(Exception, match="year cap"):
        debit(state, 1, DAY + datetime.timedelta(days=20))
    debit(state, 1, datetime.date(2027, 1, 1))


@pytest.mark.parametrize("purpose", ["PAYROLL", "WEALTH_PRODUCT", "LOAN_REPAYMENT"])
def test_what_stays_outside_the_caps(purpose: str) -> None:
    """Payroll, wealth products and the bank's own loans count for nobody."""
    assert not is_capped(account(AccountClass.II), None, purpose)
    assert is_capped(account(AccountClass.II), None, "ORDINARY")
    assert not is_capped(account(AccountClass.I), None, "ORDINARY")


def test_a_class_three_account_holds_two_thousand() -> None:
    """The balance cap binds credits of every kind, also payroll."""
    state = account(AccountClass.III, funds=1_500 * YUAN)
    require_credit(state, 500 * YUAN, "CNY", moment(), capped=False)
    over = lambda: require_credit(state, 500 * YUAN + 1, "CNY", moment(), capped=False)  # noqa: E731
    refused("BALANCE_CAP_EXCEEDED", over, cap_minor=2_000 * YUAN)


def reversal(amount_minor: int, on: datetime.date) -> PaymentReversed:
    """The spending of a day taken back: its use of the cap returns to that day."""
    legs = (
        Leg(account="A", amount_minor=-amount_minor, currency="CNY", purpose="TRANSFER"),
        Leg(account="SHOP", amount_minor=amount_minor, currency="CNY", purpose="TRANSFER"),
    )
    use = CapUse(account="A", direction=Direction.OUT, amount_minor=-amount_minor, on=on)
    return PaymentReversed(
        payment_id=3,
        original_booking_date=on,
        reversing_legs=legs,
        given_back=(use,),
        reason="returned",
    )


def test_a_reversal_gives_use_back_on_its_original_day() -> None:
    """Reversed today: today's room is back. Reversed tomorrow: tomorrow's room is no larger."""
    state = account(AccountClass.II, 10_000 * YUAN)
    same_day = evolve(state, fact(reversal(10_000 * YUAN, DAY), 9))
    invariants(same_day)
    debit(same_day, 10_000 * YUAN)
    tomorrow = DAY + datetime.timedelta(days=1)
    used_again = evolve(state, fact(spent(6_000 * YUAN), 9, tomorrow))
    later = evolve(used_again, fact(reversal(10_000 * YUAN, DAY), 10, tomorrow))
    assert later.usage.day_minor(Direction.OUT, tomorrow) == 6_000 * YUAN
    assert later.usage.year_minor(Direction.OUT, tomorrow) == 6_000 * YUAN
