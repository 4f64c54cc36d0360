"""Which states are folded from the facts of which entities."""

from __future__ import annotations

from typing import Any

from kernel.accounts import holdings as account_holdings
from kernel.accounts import plain as plain_accounts
from kernel.accounts import state as accounts
from kernel.application.fold import Fold
from kernel.business_date import state as business_dates
from kernel.customers import state as customers
from kernel.grading import state as grading
from kernel.loans import state as loans
from kernel.payments import state as payments
from kernel.products import state as products

ACCOUNT = Fold(
    name="account",
    kind="account",
    initial=accounts.INITIAL,
    evolve=accounts.evolve,
    running=plain_accounts.plain,
    settled=plain_accounts.settled,
)
CUSTOMER = Fold(
    name="customer", kind="customer", initial=customers.INITIAL, evolve=customers.evolve
)
HOLDINGS = Fold(
    name="holdings",
    kind="customer",
    initial=account_holdings.INITIAL,
    evolve=account_holdings.evolve,
)
DOCUMENT = Fold(
    name="document",
    kind="document",
    initial=customers.NO_DOCUMENT,
    evolve=customers.evolve_document,
)
PRODUCT = Fold(name="product", kind="product", initial=products.INITIAL, evolve=products.evolve)
PAYMENT = Fold(
    name="payment",
    kind="payment",
    initial=payments.PaymentState(),
    evolve=payments.evolve_payment,
    born_at_position=True,
)
STANDING_ORDER = Fold(
    name="standing_order",
    kind="standing_order",
    initial=payments.StandingOrderState(),
    evolve=payments.evolve_standing_order,
)
CONTRACT = Fold(
    name="contract",
    kind="contract",
    initial=loans.INITIAL_CONTRACT,
    evolve=loans.evolve_contract,
)
LOAN = Fold(name="loan", kind="loan", initial=loans.INITIAL_LOAN, evolve=loans.evolve_loan)
GRADE_FLOOR = Fold(name="grade_floor", kind="loan", initial=grading.INITIAL, evolve=grading.evolve)
BUSINESS_DATE = Fold(
    name="business_date",
    kind="bank",
    initial=business_dates.INITIAL,
    evolve=business_dates.evolve,
)

FOLDS: tuple[Fold[Any], ...] = (
    ACCOUNT,
    CUSTOMER,
    HOLDINGS,
    DOCUMENT,
    PRODUCT,
    PAYMENT,
    STANDING_ORDER,
    CONTRACT,
    LOAN,
    GRADE_FLOOR,
    BUSINESS_DATE,
)
