"""The typed no of a loan that runs: relief, collection, its end, several loans at once.

Units: figures named ``*_minor`` are whole minor units of the loan's currency; rates in ppm.
"""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


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


class InterestTakenAhead(Refusal):
    """The interest of a discounted loan was paid at the draw: rate and term stay."""

    code = "INTEREST_TAKEN_AHEAD"
    says = "The interest of loan {loan_id} was taken at the draw, for its term and at its rate."


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


class MoreThanOverdue(Refusal):
    """A guarantor pays what is overdue and no more; nothing is due of a loan that is not late."""

    code = "MORE_THAN_OVERDUE"
    says = "{asked_minor} was offered; {due_minor} of loan {loan_id} is due and late."


class MoreThanGuaranteed(Refusal):
    """A guarantor pays no more than it answers for, over all loans of the contract."""

    code = "MORE_THAN_GUARANTEED"
    says = (
        "{asked_minor} was offered; guarantor {guarantor_id} still answers for {available_minor}"
        " under contract {contract_id}."
    )


class MoreThanInterestDue(Refusal):
    """A fiscal office pays interest that is due, and no more."""

    code = "MORE_THAN_INTEREST_DUE"
    says = "{asked_minor} was claimed; {due_minor} of the interest of loan {loan_id} is due."


class MoreThanClaimed(Refusal):
    """A fiscal office pays what was claimed of it, and no more."""

    code = "MORE_THAN_CLAIMED"
    says = "{asked_minor} is asked; {available_minor} claimed for loan {loan_id} is open."


class SubsidyIsSettled(Refusal):
    """What the office paid would lose its claim: the settlement is to be reversed first."""

    code = "SUBSIDY_IS_SETTLED"
    says = "{settled_minor} for loan {loan_id} is settled; {claimed_minor} would be claimed."


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
