"""What must hold before money moves on an account.

Units: whole minor units.
Source: 银发〔2016〕261号 and 银发〔2018〕16号 (caps of class Ⅱ and Ⅲ, what stays outside them).
"""

from __future__ import annotations

from kernel.accounts import restraints
from kernel.accounts.commands import RestraintDirection
from kernel.accounts.policy import POLICY, cap_minor
from kernel.accounts.refusals import (
    AccountIsClosed,
    AccountIsDormant,
    AccountNotFound,
    BalanceCapExceeded,
    CapExceeded,
    CounterOnly,
    CreditRestrained,
    DebitRestrained,
    InsufficientFunds,
    NotASettlementAccount,
    NotTheHolder,
    WrongCurrency,
)
from kernel.accounts.state import AccountState, Status
from kernel.common.legs import Direction
from kernel.common.moment import Moment
from kernel.common.terms import AccountClass

CAPPED = (AccountClass.II, AccountClass.III)
OUTSIDE_THE_CAPS = frozenset({"PAYROLL", "WEALTH_PRODUCT", "LOAN_REPAYMENT", "CARD_REPAYMENT"})
"""Purposes of a transfer that do not count against the caps."""


AT_THE_BANK = frozenset({"COUNTER", "BATCH"})
"""Channels through which an account that is limited to the counter still pays."""


def require_open(state: AccountState, account_id: str) -> None:
    """The account exists and is not closed."""
    if not state.exists:
        raise AccountNotFound(account_id=account_id)
    if state.status is Status.CLOSED:
        raise AccountIsClosed(account_id=account_id)


def require_settlement_account(state: AccountState) -> None:
    """Payments reach the account; money of a deposit moves by the deposit's own commands."""
    if state.account_class is AccountClass.DEPOSIT:
        raise NotASettlementAccount(account_id=state.account_id)


def require_holder(state: AccountState, customer_id: str) -> None:
    """The account belongs to the customer who orders."""
    if state.customer_id != customer_id:
        raise NotTheHolder(account_id=state.account_id, customer_id=customer_id)


def require_currency(state: AccountState, currency: str) -> None:
    """The account is kept in the currency."""
    if state.currency != currency:
        raise WrongCurrency(
            account_id=state.account_id, account_currency=state.currency, asked_currency=currency
        )


def require_debit(
    state: AccountState,
    amount_minor: int,
    currency: str,
    at: Moment,
    *,
    capped: bool,
    held_minor: int = 0,
) -> None:
    """Money may leave the account; ``held_minor`` of it was set aside for this payment before."""
    if state.status is Status.DORMANT:
        raise AccountIsDormant(account_id=state.account_id)
    require_settlement_account(state)
    if state.counter_only and at.channel not in AT_THE_BANK:
        raise CounterOnly(account_id=state.account_id, channel=at.channel)
    require_currency(state, currency)
    require_withdrawable(state, amount_minor, at, held_minor=held_minor)
    if capped:
        require_within_caps(state, Direction.OUT, amount_minor, at)


def require_withdrawable(
    state: AccountState, amount_minor: int, at: Moment, *, held_minor: int = 0
) -> None:
    """No restraint stops so much from leaving a current account or a deposit, and it is there."""
    on = at.booking_date
    if state.restraints:
        bound = restraints.binding(state.restraints, on)
        stopping = restraints.stopping(bound, RestraintDirection.DEBIT)
        if stopping:
            raise DebitRestrained(account_id=state.account_id, restraint_ids=", ".join(stopping))
    available_minor = state.available_minor(on) + held_minor
    if amount_minor > available_minor:
        raise InsufficientFunds(
            account_id=state.account_id, asked_minor=amount_minor, available_minor=available_minor
        )


def require_credit(
    state: AccountState, amount_minor: int, currency: str, at: Moment, *, capped: bool
) -> None:
    """Money may enter the account; a dormant account takes credits."""
    require_settlement_account(state)
    require_currency(state, currency)
    on = at.booking_date
    if state.restraints:
        bound = restraints.binding(state.restraints, on)
        stopping = restraints.stopping(bound, RestraintDirection.CREDIT)
        if stopping:
            raise CreditRestrained(account_id=state.account_id, restraint_ids=", ".join(stopping))
    if capped:
        require_within_caps(state, Direction.IN, amount_minor, at)
    if state.account_class is AccountClass.III:
        limit = POLICY.value("account.III.balance_minor", on)
        if state.ledger_minor + amount_minor > limit:
            raise BalanceCapExceeded(
                account_id=state.account_id,
                balance_minor=state.ledger_minor + amount_minor,
                cap_minor=limit,
            )


def is_capped(state: AccountState, other: AccountState | None, purpose: str) -> bool:
    """Whether a movement counts against the caps of the account.

    ``other`` is the account on the other side, None for cash and clearing. Outside the caps are
    the bound account and the purposes of ``OUTSIDE_THE_CAPS``.
    """
    if state.account_class not in CAPPED or purpose in OUTSIDE_THE_CAPS:
        return False
    return other is None or other.account_id != state.bound_account_id


def require_within_caps(
    state: AccountState, direction: Direction, amount_minor: int, at: Moment
) -> None:
    """Neither the day's nor the year's cap is passed; exactly at the cap is within."""
    on = at.booking_date
    for span, used_minor in (
        ("day", state.usage.day_minor(direction, on)),
        ("year", state.usage.year_minor(direction, on)),
    ):
        limit = cap_minor(state.account_class, direction, span, on)
        if used_minor + amount_minor > limit:
            raise CapExceeded(
                account_id=state.account_id,
                direction=direction.value,
                span=span,
                asked_minor=amount_minor,
                used_minor=used_minor,
                cap_minor=limit,
            )
