"""What a use case may look up: the states of entities, by their ids."""

from __future__ import annotations

from kernel.accounts.holdings import HoldingsState
from kernel.accounts.movements import require_open
from kernel.accounts.state import AccountState
from kernel.application.folds import (
    ACCOUNT,
    BUSINESS_DATE,
    CONTRACT,
    CUSTOMER,
    DOCUMENT,
    GRADE_FLOOR,
    HOLDINGS,
    LOAN,
    PAYMENT,
    PRODUCT,
    STANDING_ORDER,
)
from kernel.application.states import States
from kernel.business_date.events import ENTITY as BANK
from kernel.business_date.state import BusinessDateState
from kernel.customers.state import CustomerState, DocumentState
from kernel.grading.state import FloorState
from kernel.loans.state import ContractState, LoanState
from kernel.payments.state import PaymentState, StandingOrderState
from kernel.products.state import ProductState

__all__ = ["BANK", "Books"]


class Books:
    """States as the commands before this one left them."""

    def __init__(self, states: States) -> None:
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
