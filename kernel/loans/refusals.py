"""The typed no of contracts and loans.

Units: figures named ``*_minor`` are whole minor units of the loan's currency; rates in ppm.
"""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class ContractNotFound(Refusal):
    """No such credit contract."""

    code = "CONTRACT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Contract {contract_id} does not exist."


class ContractExists(Refusal):
    """The contract id is taken."""

    code = "CONTRACT_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Contract {contract_id} exists already."


class ContractNotInStatus(Refusal):
    """The step does not follow on where the contract stands."""

    code = "CONTRACT_NOT_IN_STATUS"
    says = "Contract {contract_id} is {status}; {needed} is needed."


class LoanNotFound(Refusal):
    """No such loan."""

    code = "LOAN_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Loan {loan_id} does not exist."


class LoanExists(Refusal):
    """The loan id is taken, and the loan does not take further draws."""

    code = "LOAN_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Loan {loan_id} exists already."


class AmountOutOfProduct(Refusal):
    """The amount is outside what the product lends."""

    code = "LOAN_AMOUNT_OUT_OF_PRODUCT"
    kind = Kind.OUT_OF_RANGE
    says = "{asked_minor} was asked; the product lends {min_minor} to {max_minor}."


class TermOutOfProduct(Refusal):
    """The number of instalments is outside what the product offers."""

    code = "LOAN_TERM_OUT_OF_PRODUCT"
    kind = Kind.OUT_OF_RANGE
    says = "{asked} instalments were asked; the product offers {least} to {most}."


class RateOutOfProduct(Refusal):
    """The rate is outside what the product allows."""

    code = "LOAN_RATE_OUT_OF_PRODUCT"
    kind = Kind.OUT_OF_RANGE
    says = "{asked_ppm} ppm was asked; the product allows {min_ppm} to {max_ppm}."


class ConsentMissing(Refusal):
    """The product needs a consent that the customer did not give."""

    code = "CONSENT_MISSING"
    says = "Consent {consent} is missing."


class EvidenceExpired(Refusal):
    """Evidence no longer holds on the booking date."""

    code = "EVIDENCE_EXPIRED"
    says = "Evidence {kind} {reference} held until {valid_until}."


class MoreThanApproved(Refusal):
    """More would be offered or lent than was approved."""

    code = "MORE_THAN_APPROVED"
    says = "{asked_minor} was asked; {available_minor} of contract {contract_id} is left."


class NotAGuarantor(Refusal):
    """Only who guarantees the contract is asked as its guarantor."""

    code = "NOT_A_GUARANTOR"
    says = "Customer {customer_id} is no guarantor of contract {contract_id}."


class OfferExpired(Refusal):
    """The offer was not signed in time."""

    code = "OFFER_EXPIRED"
    says = "The offer of contract {contract_id} expired on {expired_on}."


class MustBeEntrusted(Refusal):
    """A draw of this size is paid to the payee, not to the borrower."""

    code = "MUST_BE_ENTRUSTED"
    says = "{asked_minor} is above {max_minor}: it must be paid to the payee."


class PaymentExceedsDebt(Refusal):
    """More was offered than the loan can take."""

    code = "PAYMENT_EXCEEDS_DEBT"
    says = "{asked_minor} was offered; loan {loan_id} is paid off with {payoff_minor}."


class QuoteOutdated(Refusal):
    """The payoff on the day is another than the quote said."""

    code = "PAYOFF_QUOTE_OUTDATED"
    says = "Loan {loan_id} is paid off with {payoff_minor} on {on}, not {asked_minor}."


class NothingOwed(Refusal):
    """The loan owes nothing that the command could act on."""

    code = "NOTHING_OWED"
    says = "Loan {loan_id} owes nothing on {on}."


class LoanIsWrittenOff(Refusal):
    """After the write-off only recoveries are booked."""

    code = "LOAN_IS_WRITTEN_OFF"
    says = "Loan {loan_id} was written off."


class LoanNotWrittenOff(Refusal):
    """Only a loan that was written off has recoveries."""

    code = "LOAN_NOT_WRITTEN_OFF"
    says = "Loan {loan_id} was not written off."


class EntryNotFound(Refusal):
    """The position is no entry of the loan."""

    code = "LOAN_ENTRY_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Position {position} is no entry of loan {loan_id}."


class EntryAlreadyReversed(Refusal):
    """The entry was reversed before."""

    code = "LOAN_ENTRY_ALREADY_REVERSED"
    kind = Kind.ALREADY_EXISTS
    says = "Position {position} of loan {loan_id} was reversed at position {reversed_at}."


class EntryChargedBack(Refusal):
    """A part of the payment went back already: that is to be reversed first."""

    code = "LOAN_ENTRY_CHARGED_BACK"
    says = "Position {position} of loan {loan_id} was charged back at position {charged_back_at}."


class BeforeTheLoan(Refusal):
    """The value date lies before the loan began."""

    code = "BEFORE_THE_LOAN"
    kind = Kind.OUT_OF_RANGE
    says = "{on} lies before the start of loan {loan_id} on {start}."
