"""What a use case may look up: the states of entities, by their ids."""

from __future__ import annotations

from typing import Protocol, TypeVar

from kernel.accounts.dormancy import ActivityState
from kernel.accounts.holdings import HoldingsState
from kernel.accounts.movements import require_open
from kernel.accounts.state import AccountState
from kernel.application.fold import Fold
from kernel.application.folds import (
    ACCOUNT,
    ACTIVITY,
    BORROWINGS,
    BUSINESS_DATE,
    CAPITAL,
    COLLATERAL,
    CONTRACT,
    CUSTOMER,
    DEPOSIT,
    DEPOSIT_RATES,
    DOCUMENT,
    GRADE_FLOOR,
    GROUP,
    HOLDINGS,
    INDEX,
    INTEREST,
    LIMIT,
    LOAN,
    MEMBERSHIP,
    PAYMENT,
    PRICE_INDEX,
    PRODUCT,
    SECURITY,
    STANDING_ORDER,
)
from kernel.business_date.events import ENTITY as BANK
from kernel.business_date.state import BusinessDateState
from kernel.collateral.state import ItemState, PriceIndexState, SecurityState
from kernel.customers.state import CustomerState, DocumentState
from kernel.deposits.interest import InterestState
from kernel.deposits.rates import RatesState
from kernel.deposits.state import DepositState
from kernel.grading.state import FloorState
from kernel.limits.events import CAPITAL_ENTITY
from kernel.limits.state import CapitalState, GroupState, LimitState, MembershipState
from kernel.loans.borrowings import BorrowingsState
from kernel.loans.contract_state import ContractState
from kernel.loans.state import LoanState
from kernel.payments.state import PaymentState, StandingOrderState
from kernel.products.state import ProductState
from kernel.rates.state import IndexState

__all__ = ["BANK", "Books"]


S = TypeVar("S")


class Source(Protocol):
    """Where states come from: the engine's cache, or a fold up to a moment of the past."""

    def get(self, fold: Fold[S], entity_id: str) -> S:
        """The state of one entity."""
        ...


class Books:
    """States as the commands before this one left them, or as they were at a moment."""

    def __init__(self, states: Source) -> None:
        self._states = states

    def business_date(self) -> BusinessDateState:
        """The business date."""
        return self._states.get(BUSINESS_DATE, BANK.partition(":")[2])

    def account(self, account_id: str) -> AccountState:
        """An account, whether it exists or not."""
        return self._states.get(ACCOUNT, account_id)

    def open_account(self, account_id: str) -> AccountState:
        """An account that exists and is not closed; refused otherwise."""
        state = self._states.get(ACCOUNT, account_id)
        require_open(state, account_id)
        return state

    def customer(self, customer_id: str) -> CustomerState:
        """A customer, whether known or not."""
        return self._states.get(CUSTOMER, customer_id)

    def holdings(self, customer_id: str) -> HoldingsState:
        """The accounts of a customer."""
        return self._states.get(HOLDINGS, customer_id)

    def document(self, digest: str) -> DocumentState:
        """Whose document it is."""
        return self._states.get(DOCUMENT, digest)

    def product(self, product_id: str) -> ProductState:
        """A product with its versions."""
        return self._states.get(PRODUCT, product_id)

    def payment(self, payment_id: int) -> PaymentState:
        """A payment by the position that made it."""
        return self._states.get(PAYMENT, str(payment_id))

    def standing_order(self, standing_order_id: str) -> StandingOrderState:
        """A standing order."""
        return self._states.get(STANDING_ORDER, standing_order_id)

    def contract(self, contract_id: str) -> ContractState:
        """A credit contract, whether it exists or not."""
        return self._states.get(CONTRACT, contract_id)

    def loan(self, loan_id: str) -> LoanState:
        """A loan, whether it exists or not."""
        return self._states.get(LOAN, loan_id)

    def grade_floors(self, loan_id: str) -> FloorState:
        """The floors that people set under a loan's class."""
        return self._states.get(GRADE_FLOOR, loan_id)

    def borrowings(self, customer_id: str) -> BorrowingsState:
        """The contracts whose application names a customer."""
        return self._states.get(BORROWINGS, customer_id)

    def limit(self, limit_id: str) -> LimitState:
        """A limit, whether it exists or not."""
        return self._states.get(LIMIT, limit_id)

    def group(self, group_id: str) -> GroupState:
        """The customers of a group."""
        return self._states.get(GROUP, group_id)

    def membership(self, customer_id: str) -> MembershipState:
        """The groups that named a customer."""
        return self._states.get(MEMBERSHIP, customer_id)

    def capital(self) -> CapitalState:
        """The bank's capital."""
        return self._states.get(CAPITAL, CAPITAL_ENTITY.partition(":")[2])

    def collateral(self, item_id: str) -> ItemState:
        """An item of collateral, whether it exists or not."""
        return self._states.get(COLLATERAL, item_id)

    def price_index(self, index_id: str) -> PriceIndexState:
        """What was published of a price index."""
        return self._states.get(PRICE_INDEX, index_id)

    def security(self, contract_id: str) -> SecurityState:
        """What secures a contract."""
        return self._states.get(SECURITY, contract_id)

    def deposit(self, deposit_id: str) -> DepositState:
        """A term or notice deposit, whether it exists or not."""
        return self._states.get(DEPOSIT, deposit_id)

    def deposit_rates(self, currency: str) -> RatesState:
        """Listed rates of deposits in a currency."""
        return self._states.get(DEPOSIT_RATES, currency)

    def interest(self, account_id: str) -> InterestState:
        """Interest and balance-days of an account; folded on demand."""
        return self._states.get(INTEREST, account_id)

    def activity(self, account_id: str) -> ActivityState:
        """When an account was last used; folded on demand."""
        return self._states.get(ACTIVITY, account_id)

    def index(self, index_id: str) -> IndexState:
        """A rate index, whether anything was published of it or not."""
        return self._states.get(INDEX, index_id)
