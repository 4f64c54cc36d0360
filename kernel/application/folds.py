"""Which states are folded from the facts of which entities."""

from __future__ import annotations

from typing import Any

from kernel.accounts import dormancy
from kernel.accounts import holdings as account_holdings
from kernel.accounts import plain as plain_accounts
from kernel.accounts import state as accounts
from kernel.application import interest_fold
from kernel.application.fold import Fold
from kernel.business_date import state as business_dates
from kernel.collateral import state as collateral
from kernel.customers import state as customers
from kernel.deposits import rates as deposit_rates
from kernel.deposits import state as deposits
from kernel.grading import state as grading
from kernel.limits import state as limits
from kernel.loans import borrowings
from kernel.loans import contract_state as contracts
from kernel.loans import state as loans
from kernel.payments import state as payments
from kernel.products import state as products
from kernel.rates import state as rates

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
    initial=contracts.INITIAL_CONTRACT,
    evolve=contracts.evolve_contract,
)
LOAN = Fold(name="loan", kind="loan", initial=loans.INITIAL_LOAN, evolve=loans.evolve_loan)
GRADE_FLOOR = Fold(name="grade_floor", kind="loan", initial=grading.INITIAL, evolve=grading.evolve)
BORROWINGS = Fold(
    name="borrowings",
    kind="customer",
    initial=borrowings.NO_BORROWINGS,
    evolve=borrowings.evolve_borrowings,
)
LIMIT = Fold(name="limit", kind="limit", initial=limits.INITIAL, evolve=limits.evolve)
GROUP = Fold(name="group", kind="group", initial=limits.NO_GROUP, evolve=limits.evolve_group)
MEMBERSHIP = Fold(
    name="membership",
    kind="customer",
    initial=limits.NO_MEMBERSHIP,
    evolve=limits.evolve_membership,
)
CAPITAL = Fold(name="capital", kind="bank", initial=limits.NO_CAPITAL, evolve=limits.evolve_capital)
COLLATERAL = Fold(
    name="collateral",
    kind="collateral",
    initial=collateral.NO_ITEM,
    evolve=collateral.evolve_item,
)
PRICE_INDEX = Fold(
    name="price_index",
    kind="price_index",
    initial=collateral.NO_INDEX,
    evolve=collateral.evolve_index,
)
SECURITY = Fold(
    name="security",
    kind="contract",
    initial=collateral.NO_SECURITY,
    evolve=collateral.evolve_security,
)
ACTIVITY = Fold(
    name="activity",
    kind="account",
    initial=dormancy.INITIAL,
    evolve=dormancy.evolve,
    on_demand=True,
)
DEPOSIT = Fold(name="deposit", kind="deposit", initial=deposits.INITIAL, evolve=deposits.evolve)
DEPOSIT_RATES = Fold(
    name="deposit_rates",
    kind="deposit_rates",
    initial=deposit_rates.INITIAL,
    evolve=deposit_rates.evolve,
)
INTEREST = Fold(
    name="interest",
    kind="account",
    initial=interest_fold.INITIAL,
    evolve=interest_fold.evolve,
    on_demand=True,
)
INDEX = Fold(name="index", kind="index", initial=rates.INITIAL, evolve=rates.evolve)
BUSINESS_DATE = Fold(
    name="business_date",
    kind="bank",
    initial=business_dates.INITIAL,
    evolve=business_dates.evolve,
    version=2,
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
    BORROWINGS,
    LIMIT,
    GROUP,
    MEMBERSHIP,
    CAPITAL,
    COLLATERAL,
    PRICE_INDEX,
    SECURITY,
    DEPOSIT,
    DEPOSIT_RATES,
    INTEREST,
    ACTIVITY,
    INDEX,
    BUSINESS_DATE,
)
