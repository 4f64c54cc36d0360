"""What can be asked of credit contracts and loans.

Units: amounts in whole minor units, rates in ppm a year, dates are business days. ``value_date``
absent means the booking date; within the window of the business date a command may be dated back.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from kernel.common.commands import Command
from kernel.common.fields import AmountMinor, CurrencyCode, Day, Id, RequiredText, Text

Version = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Instalments = Annotated[int, msgspec.Meta(ge=1, le=3_660)]
RatePpm = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
DayOfMonth = Annotated[int, msgspec.Meta(ge=1, le=31)]
SharePpm = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Position = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32,128}\Z")]


class CreditOutcome(StrEnum):
    """What the bank decided on an application."""

    APPROVED = "APPROVED"
    DECLINED = "DECLINED"


class RepaymentMode(StrEnum):
    """What money does beyond what is due: held, or prepaid (see ``dated.Repayment``)."""

    ON_REQUEST = "ON_REQUEST"
    IN_ADVANCE = "IN_ADVANCE"
    AUTO = "AUTO"


class PrepayBy(StrEnum):
    """What a prepayment does to the schedule."""

    PRODUCT_DEFAULT = "PRODUCT_DEFAULT"
    SHORTEN_TERM = "SHORTEN_TERM"
    REDUCE_INSTALMENT = "REDUCE_INSTALMENT"
    PAY_AHEAD = "PAY_AHEAD"


class EvidenceReference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Evidence that lies elsewhere: its kind, its reference, its digest, until when it holds."""

    kind: Id
    reference: RequiredText
    digest: Digest
    valid_until: Day | None = None


class PartnerShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a partner lends of each loan of the contract."""

    partner_id: Id
    share_ppm: SharePpm


class MaximumGuarantee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most that a guarantor of the contract answers for."""

    guarantor_id: Id
    max_minor: AmountMinor


class ContractCommand(Command, frozen=True, kw_only=True):
    """A command about one contract."""

    contract_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """The contract."""
        return (f"contract:{self.contract_id}",)


class ApplyForLoan(ContractCommand, frozen=True, kw_only=True):
    """Ask for credit under a version of a product on sale (the newest when none is named)."""

    customer_id: Id
    product_id: Id
    product_version: Version | None = None
    amount_minor: AmountMinor
    currency: CurrencyCode
    instalments: Instalments
    account_id: Id
    purpose: RequiredText
    co_borrower_ids: tuple[Id, ...] = ()
    guarantor_ids: tuple[Id, ...] = ()
    evidence: tuple[EvidenceReference, ...] = ()
    consents: tuple[Id, ...] = ()

    @property
    def touches(self) -> tuple[str, ...]:
        """The contract, the product, the account and the people."""
        people = (self.customer_id, *self.co_borrower_ids, *self.guarantor_ids)
        return (
            f"contract:{self.contract_id}",
            f"product:{self.product_id}",
            f"account:{self.account_id}",
            *(f"customer:{one}" for one in people),
        )


class RecordCreditDecision(ContractCommand, frozen=True, kw_only=True):
    """Record what a decision came to: the rule set with its version, and a digest of its inputs."""

    outcome: CreditOutcome
    rules: RequiredText
    input_digest: Digest
    amount_minor: AmountMinor | None = None
    annual_rate_ppm: RatePpm | None = None
    instalments: Instalments | None = None
    reasons: tuple[Text, ...] = ()


class OfferLoan(ContractCommand, frozen=True, kw_only=True):
    """Put the approved terms to the customer, with the annual cost."""


class SignContract(ContractCommand, frozen=True, kw_only=True):
    """The customer signed the document; draws count on the limit, if one is named.

    A guarantor of the application who is not among ``guarantees`` answers for the whole debt.
    """

    document_digest: Digest
    signed_by: RequiredText
    limit_id: Id | None = None
    due_day: DayOfMonth | None = None
    partner: PartnerShare | None = None
    guarantees: Annotated[tuple[MaximumGuarantee, ...], msgspec.Meta(max_length=20)] = ()


class EndContract(ContractCommand, frozen=True, kw_only=True):
    """No more is drawn under the contract."""

    reason: RequiredText


class DrawLoan(ContractCommand, frozen=True, kw_only=True):
    """Lend money: a new loan, or a further draw on one that revolves or is paid out in parts.

    Without ``payee_account_id`` the borrower's account receives it (自主支付), else the payee's
    (受托支付).
    """

    loan_id: Id
    amount_minor: AmountMinor
    instalments: Instalments | None = None
    payee_account_id: Id | None = None
    value_date: Day | None = None

    @property
    def touches(self) -> tuple[str, ...]:
        """The contract and the loan."""
        return (f"contract:{self.contract_id}", f"loan:{self.loan_id}")


class LoanCommand(Command, frozen=True, kw_only=True):
    """A command about one loan; value-dated."""

    loan_id: Id
    value_date: Day | None = None

    @property
    def touches(self) -> tuple[str, ...]:
        """The loan."""
        return (f"loan:{self.loan_id}",)


class RepayLoan(LoanCommand, frozen=True, kw_only=True):
    """Pay towards a loan from an account of the bank (the agreed one when none is named).

    ``paid_by`` is the holder of the account when it is no borrower: a guarantor or a third person.
    """

    amount_minor: AmountMinor
    account_id: Id | None = None
    mode: RepaymentMode = RepaymentMode.ON_REQUEST
    prepay_by: PrepayBy = PrepayBy.PRODUCT_DEFAULT
    paid_by: Id | None = None


class PayOffLoan(LoanCommand, frozen=True, kw_only=True):
    """Pay a loan back in whole; ``amount_minor`` is what the quote for the day said."""

    amount_minor: AmountMinor
    account_id: Id | None = None
    paid_by: Id | None = None


class ReverseLoanEntry(LoanCommand, frozen=True, kw_only=True):
    """Undo an earlier event of the loan, named by its log position; once."""

    position: Position
    reason: RequiredText
