"""What can be asked when money of a loan moves otherwise than by draw, repayment and payoff.

Units: amounts in whole minor units; shares and rates in ppm; dates are business days.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from kernel.common.commands import Command
from kernel.common.fields import AmountMinor, AmountMinorOrZero, Day, Id, RequiredText, Text
from kernel.loans.commands import (
    ContractCommand,
    DayOfMonth,
    Instalments,
    LoanCommand,
    Position,
    RatePpm,
    RepaymentMode,
    Version,
)


class CollectInstalment(LoanCommand, frozen=True, kw_only=True):
    """Take what is due out of the agreed account, as far as money is available there."""


class ReceiveLoanPayment(LoanCommand, frozen=True, kw_only=True):
    """Book money for a loan that arrived over clearing; it is taken whole."""

    amount_minor: AmountMinor
    reference: RequiredText
    mode: RepaymentMode = RepaymentMode.ON_REQUEST


class RecordRecovery(LoanCommand, frozen=True, kw_only=True):
    """Book money on a loan that was written off, from an account or, without one, from clearing."""

    amount_minor: AmountMinor
    account_id: Id | None = None
    reference: Text = ""


class RefundOverpayment(LoanCommand, frozen=True, kw_only=True):
    """Pay money that nothing asked for back to the customer."""

    amount_minor: AmountMinor
    account_id: Id | None = None


class ChargeBackRepayment(LoanCommand, frozen=True, kw_only=True):
    """A repayment went back to the account that it came from; the amount is owed again."""

    position: Position
    amount_minor: AmountMinor | None = None
    reason: RequiredText


class CompensateLoan(LoanCommand, frozen=True, kw_only=True):
    """A guarantor of the contract pays what is overdue, out of an account of its own."""

    guarantor_id: Id
    account_id: Id
    amount_minor: AmountMinor


class ClaimInterestSubsidy(LoanCommand, frozen=True, kw_only=True):
    """Claim interest that is due from a fiscal office, under a programme."""

    amount_minor: AmountMinor
    office: RequiredText
    programme: RequiredText


class SettleInterestSubsidy(LoanCommand, frozen=True, kw_only=True):
    """Book what the office paid, from its account or, without one, from clearing."""

    amount_minor: AmountMinor
    account_id: Id | None = None
    reference: Text = ""


class TakeForeclosedAsset(LoanCommand, frozen=True, kw_only=True):
    """Take an asset for the debt, at fair value, by an approval that lies elsewhere."""

    fair_value_minor: AmountMinor
    asset: RequiredText
    approval: Id


class RefinanceLoan(ContractCommand, frozen=True, kw_only=True):
    """Pay an old loan off out of a new one; ``amount_minor`` is the payoff quoted for the day."""

    loan_id: Id
    old_loan_id: Id
    amount_minor: AmountMinor
    instalments: Instalments | None = None
    value_date: Day | None = None

    @property
    def touches(self) -> tuple[str, ...]:
        """The contract and both loans."""
        loans = (f"loan:{self.loan_id}", f"loan:{self.old_loan_id}")
        return (f"contract:{self.contract_id}", *loans)


class RepayFacility(ContractCommand, frozen=True, kw_only=True):
    """One payment on all loans of a contract: what fell due first is paid first."""

    amount_minor: AmountMinor
    account_id: Id | None = None
    value_date: Day | None = None


class SettleWithPartner(Command, frozen=True, kw_only=True):
    """Settle what joint loans brought since the last time, over clearing."""

    partner_id: Id
    loan_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=1_000)]

    @property
    def touches(self) -> tuple[str, ...]:
        """The loans."""
        return tuple(f"loan:{loan_id}" for loan_id in self.loan_ids)


class ArrearsTakenOver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instalment that was unpaid when the loan was taken over."""

    due_date: Day
    principal_minor: AmountMinorOrZero = 0
    interest_minor: AmountMinorOrZero = 0
    fee_minor: AmountMinorOrZero = 0
    penalty_minor: AmountMinorOrZero = 0
    compound_minor: AmountMinorOrZero = 0


class ImportLoan(ContractCommand, frozen=True, kw_only=True):
    """Take a running loan over as it stands; its balances must come out as expected.

    Agreed at the start: ``principal_minor``, ``instalments``, ``annual_rate_ppm``, ``start_date``.
    ``normal_principal_minor`` is not yet due; ``next_number`` is the next instalment. It counts on
    ``limit_id`` and all above it, also where it exceeds them.
    """

    loan_id: Id
    customer_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=20)]
    debit_account_id: Id
    product_id: Id
    product_version: Version
    principal_minor: AmountMinor
    instalments: Instalments
    annual_rate_ppm: RatePpm
    start_date: Day
    due_day: DayOfMonth | None = None
    principal_plan_minor: tuple[AmountMinorOrZero, ...] = ()
    normal_principal_minor: AmountMinorOrZero
    next_number: Instalments
    principal_repaid_minor: AmountMinorOrZero = 0
    accrued_interest_minor: AmountMinorOrZero = 0
    instalment_minor: AmountMinor | None = None
    arrears: tuple[ArrearsTakenOver, ...] = ()
    expected_principal_minor: AmountMinorOrZero
    expected_interest_minor: AmountMinorOrZero
    expected_penalty_minor: AmountMinorOrZero
    limit_id: Id | None = None
    value_date: Day | None = None

    @property
    def touches(self) -> tuple[str, ...]:
        """The contract, the loan, the account and the people."""
        return (
            f"contract:{self.contract_id}",
            f"loan:{self.loan_id}",
            f"account:{self.debit_account_id}",
            *(f"customer:{one}" for one in self.customer_ids),
        )
