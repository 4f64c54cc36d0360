"""What can have happened to a loan that moved money. A stored contract: fields are added only.

Units: whole minor units. Sign of legs: debit positive; a draw credits the customer's account.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kernel.common.legs import Leg
from kernel.loans.contract_events import Share
from kernel.loans.dated import (
    AnyLoanEvent,
    Chargeback,
    Disbursement,
    FullPrepayment,
    Import,
    Recovery,
    Refund,
    Repayment,
    Reversal,
)
from kernel.loans.event_bases import (
    DRAWDOWN,
    REFUND,
    REPAYMENT,
    MoneyOnLoan,
    OnLoan,
    Stamp,
)
from kernel.loans.terms import PrepaymentInterest, PrepaymentOption


class Drawn(MoneyOnLoan, frozen=True, kw_only=True):
    """Money was lent (放款): the first one begins the loan and pins its terms.

    ``terms`` are those of the loan, empty for a later draw on a loan that revolves or is paid out
    in parts. ``account_id`` received the money; ``entrusted`` when it is the payee's (受托支付).
    ``debit_account_id`` is where instalments are collected. ``withheld_minor`` (a fee taken out of
    the draw) stays with the loan. ``index_id`` with its spread for a floating rate; ``refinances``
    is the loan that was paid back out of this one (借新还旧).
    """

    customer_ids: tuple[str, ...]
    debit_account_id: str
    product_id: str
    product_version: int
    terms: dict[str, Any] = msgspec.field(default_factory=dict)
    posting_class: str = "PERSONAL_LOAN"
    entrusted: bool = False
    payee: str = ""
    withheld_minor: int = 0
    partner: Share | None = None
    index_id: str = ""
    spread_ppm: int = 0
    refinances: str = ""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the loan, credit the account that receives."""
        return self.moved(DRAWDOWN, out_of_the_loan=True)

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A disbursement of the whole draw."""
        return Disbursement(
            value_date=stamp.value_date,
            event_id=stamp.event_id,
            amount_minor=self.amount_minor + self.withheld_minor,
        )


class Repaid(MoneyOnLoan, frozen=True, kw_only=True):
    """Money came in (还款): collected by the bank, or paid by or for the customer.

    ``mode``, ``option`` and ``interest`` as in ``dated.Repayment``. ``account_id`` is internal for
    money that came from outside, under ``reference``; ``paid_by`` is a customer who is no borrower.
    """

    mode: Literal["auto", "on_request", "in_advance"] = "on_request"
    option: PrepaymentOption | None = None
    interest: PrepaymentInterest | None = None
    paid_by: str = ""
    reference: str = ""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the account, credit the loan."""
        return self.moved(REPAYMENT, out_of_the_loan=False)

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A repayment."""
        return Repayment(
            value_date=stamp.value_date,
            event_id=stamp.event_id,
            amount_minor=self.amount_minor,
            mode=self.mode,
            option=self.option,
            interest=self.interest,
        )


class PaidOff(MoneyOnLoan, frozen=True, kw_only=True):
    """The loan was paid back in whole before its end (提前结清), on a quote of the day."""

    paid_by: str = ""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the account, credit the loan."""
        return self.moved(REPAYMENT, out_of_the_loan=False)

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A full prepayment of the amount."""
        return FullPrepayment(
            value_date=stamp.value_date, event_id=stamp.event_id, amount_minor=self.amount_minor
        )


class ChargedBack(MoneyOnLoan, frozen=True, kw_only=True):
    """A payment went back to where it came from: it is owed again."""

    repaid_position: int = 0
    reason: str = ""

    @property
    def about_position(self) -> int:
        """The payment that went back."""
        return self.repaid_position

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the loan, credit the account."""
        return self.moved(REPAYMENT, out_of_the_loan=True)

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A chargeback."""
        return Chargeback(
            value_date=stamp.value_date, event_id=stamp.event_id, amount_minor=self.amount_minor
        )


class Refunded(MoneyOnLoan, frozen=True, kw_only=True):
    """Money paid too much went back to the customer."""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the loan, credit the account."""
        return self.moved(REFUND, out_of_the_loan=True)

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A refund."""
        return Refund(
            value_date=stamp.value_date, event_id=stamp.event_id, amount_minor=self.amount_minor
        )


class Recovered(MoneyOnLoan, frozen=True, kw_only=True):
    """Money came in after the write-off (核销后收回)."""

    reference: str = ""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the account, credit the loan."""
        return self.moved(REPAYMENT, out_of_the_loan=False)

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A recovery."""
        return Recovery(
            value_date=stamp.value_date, event_id=stamp.event_id, amount_minor=self.amount_minor
        )


class LoanImported(OnLoan, frozen=True, kw_only=True):
    """A running loan was taken over from another system, as it stood (存量导入).

    ``taken_over`` is the dated form itself; it moves no money of customers. It may exceed the limit
    that it counts on: ``exceeded_by_minor`` is by how much it leaves ``exceeded_limit_id`` over,
    of the limit and those above it the one that is exceeded the most.
    """

    customer_ids: tuple[str, ...]
    debit_account_id: str
    branch_id: str
    product_id: str
    product_version: int
    terms: dict[str, Any]
    posting_class: str = "PERSONAL_LOAN"
    taken_over: Import
    partner: Share | None = None
    exceeded_limit_id: str = ""
    exceeded_by_minor: int = 0

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """The take-over under the stamp of the fact."""
        return Import(
            value_date=stamp.value_date,
            event_id=stamp.event_id,
            normal_principal_minor=self.taken_over.normal_principal_minor,
            next_number=self.taken_over.next_number,
            principal_repaid_minor=self.taken_over.principal_repaid_minor,
            accrued_interest_minor=self.taken_over.accrued_interest_minor,
            instalment_minor=self.taken_over.instalment_minor,
            arrears=self.taken_over.arrears,
        )


class LoanEntryReversed(OnLoan, frozen=True, kw_only=True):
    """An earlier event of the loan counts as never having been.

    ``reversed_position`` is where it stands in the log, ``reversed_entry_id`` its id in the fold.
    ``reversing_legs`` mirror its legs. ``drawn_change_minor`` is what counts as drawn no more (or
    again, when a reversal is reversed).
    """

    reversed_position: int
    reversed_entry_id: str
    reversing_legs: tuple[Leg, ...] = ()
    drawn_change_minor: int = 0
    reason: str

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The mirror of the original."""
        return self.reversing_legs

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A reversal; it comes after what it reverses in any order of arrival."""
        return Reversal(
            value_date=stamp.value_date,
            event_id=stamp.event_id,
            sequence=stamp.position,
            reverses=self.reversed_entry_id,
        )
