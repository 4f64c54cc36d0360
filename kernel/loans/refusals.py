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


class HasNoEffect(Refusal):
    """The loan stands so that the command would change nothing."""

    code = "LOAN_CHANGE_HAS_NO_EFFECT"
    says = "Nothing of loan {loan_id} would change on {on}: {why}."


class DateNotAfter(Refusal):
    """A day of the command must lie after its value date."""

    code = "LOAN_DATE_NOT_AFTER"
    kind = Kind.OUT_OF_RANGE
    says = "{field} {on} does not lie after {value_date}."


class LoanHasMatured(Refusal):
    """The last instalment has fallen due: there is nothing left to extend."""

    code = "LOAN_HAS_MATURED"
    says = "Loan {loan_id} fell due on {matured_on}; an extension comes before that day."


class ExtensionTooLong(Refusal):
    """All extensions together are longer than the rules allow for a loan of that term."""

    code = "EXTENSION_TOO_LONG"
    kind = Kind.OUT_OF_RANGE
    says = (
        "Loan {loan_id} of {agreed} instalments may be extended by {most} in all;"
        " {before} were added before, {asked} are asked."
    )


class NotBadEnough(Refusal):
    """The loan is not so far in arrears that it may leave the books."""

    code = "NOT_IN_WRITE_OFF_STANDING"
    says = "Loan {loan_id} is {days_past_due} days past due; a write-off needs {needed}."


class NothingToRefund(Refusal):
    """More would be refunded than is unapplied."""

    code = "NOTHING_TO_REFUND"
    says = "{asked_minor} was asked; {available_minor} of loan {loan_id} is unapplied."


class RefundedBefore(Refusal):
    """The money was refunded since: the refund is to be reversed first."""

    code = "LOAN_MONEY_WAS_REFUNDED"
    says = "{refunded_minor} of loan {loan_id} was refunded; {covered_minor} would be left of it."


class NotARepayment(Refusal):
    """Only money that was paid towards the loan can be charged back."""

    code = "NOT_A_REPAYMENT"
    says = "Position {position} of loan {loan_id} is no repayment."


class ChargeBackTooLarge(Refusal):
    """More would go back than the payment brought."""

    code = "CHARGE_BACK_TOO_LARGE"
    says = "{asked_minor} was asked; {available_minor} of the payment at {position} is left."


class NothingDue(Refusal):
    """Nothing is due that could be collected."""

    code = "NOTHING_DUE"
    says = "Nothing of loan {loan_id} is due on {on}."


class NothingCollected(Refusal):
    """The account has no money available for what is due."""

    code = "NOTHING_COLLECTED"
    says = "{due_minor} of loan {loan_id} is due; account {account_id} has {available_minor}."


class CollectionOver(Refusal):
    """The account is not tried any more for what fell due so long ago."""

    code = "COLLECTION_OVER"
    says = "Loan {loan_id} fell due on {due_on}; the account was tried until {tried_until}."


class NotFloating(Refusal):
    """The loan follows no index."""

    code = "LOAN_IS_NOT_FLOATING"
    says = "Loan {loan_id} has a fixed rate."


class NoIndexRate(Refusal):
    """The index had no rate before the day."""

    code = "NO_INDEX_RATE"
    says = "Index {index_id} has no rate published before {on}."


class NotARepricingDay(Refusal):
    """The loan is not repriced on the day."""

    code = "NOT_A_REPRICING_DAY"
    says = "Loan {loan_id} is not repriced on {on}."


class AlreadyRepriced(Refusal):
    """The loan was repriced for that day before."""

    code = "LOAN_ALREADY_REPRICED"
    kind = Kind.ALREADY_EXISTS
    says = "Loan {loan_id} was repriced for {on} at position {position}."


class NotABorrower(Refusal):
    """The customer owes nothing under the loan."""

    code = "NOT_A_BORROWER"
    says = "Customer {customer_id} is no borrower of loan {loan_id}."


class NoPartner(Refusal):
    """The loan is no joint loan with the partner."""

    code = "NOT_A_JOINT_LOAN"
    says = "Loan {loan_id} is no joint loan with {partner_id}."


class NothingToSettle(Refusal):
    """Neither side owes the other anything."""

    code = "NOTHING_TO_SETTLE"
    says = "Nothing is open with {partner_id} for these loans."


class NoLoansToPay(Refusal):
    """No loan of the contract owes anything."""

    code = "CONTRACT_OWES_NOTHING"
    says = "No loan of contract {contract_id} owes anything on {on}."


class FacilityPaymentExceedsDebt(Refusal):
    """More was offered than all loans of the contract can take."""

    code = "FACILITY_PAYMENT_EXCEEDS_DEBT"
    says = "{asked_minor} was offered; contract {contract_id} owes {payoff_minor}."


class ImportDoesNotReconcile(Refusal):
    """The loan taken over does not stand as the other system said."""

    code = "IMPORT_DOES_NOT_RECONCILE"
    says = (
        "Loan {loan_id}: principal {principal_minor} (expected {expected_principal_minor}),"
        " interest {interest_minor} (expected {expected_interest_minor}),"
        " penalty {penalty_minor} (expected {expected_penalty_minor})."
    )
