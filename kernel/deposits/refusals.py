"""The typed no of deposits.

Units: figures named ``*_minor`` are whole minor units, ``*_ppm`` parts per million a year.
"""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class DepositNotFound(Refusal):
    """No such deposit."""

    code = "DEPOSIT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Deposit {deposit_id} does not exist."


class DepositIsClosed(Refusal):
    """The deposit was paid out in whole."""

    code = "DEPOSIT_CLOSED"
    says = "Deposit {deposit_id} was paid out."


class WrongDepositKind(Refusal):
    """A term deposit is no notice deposit."""

    code = "WRONG_DEPOSIT_KIND"
    says = "Deposit {deposit_id} is of kind {kind}; {needed} is needed."


class TermNotOffered(Refusal):
    """The product does not offer the term."""

    code = "TERM_NOT_OFFERED"
    says = "Product {product_id} offers no term of {term_months} months."


class RolloverNotOffered(Refusal):
    """The product does not roll over."""

    code = "ROLLOVER_NOT_OFFERED"
    says = "Deposits of product {product_id} do not roll over."


class NoRateListed(Refusal):
    """Neither the product nor the list has a rate for it."""

    code = "NO_RATE_LISTED"
    says = "No rate is listed for {line} {tenor} on {on}."


class BelowMinimum(Refusal):
    """Less than the product takes."""

    code = "BELOW_MINIMUM"
    kind = Kind.OUT_OF_RANGE
    says = "{asked_minor} was asked, at least {minimum_minor} is needed."


class RestTooSmall(Refusal):
    """What would be left is less than the product keeps: withdraw less, or the whole."""

    code = "REST_TOO_SMALL"
    says = "{rest_minor} would be left, at least {minimum_minor} must stay."


class MoreThanDeposited(Refusal):
    """The deposit is smaller."""

    code = "MORE_THAN_DEPOSITED"
    says = "{asked_minor} was asked, {principal_minor} is deposited."


class TooManyPartialWithdrawals(Refusal):
    """No more parts are paid out before maturity."""

    code = "TOO_MANY_PARTIAL_WITHDRAWALS"
    says = "Deposit {deposit_id} had {done} partial withdrawals; {allowed} are allowed."


class NotMatured(Refusal):
    """The day asked is not the day of maturity, or has not come."""

    code = "NOT_MATURED"
    says = "Deposit {deposit_id} matures on {matures_on}; {asked} was asked on {on}."


class MaturityInstructed(Refusal):
    """At maturity something else was agreed."""

    code = "MATURITY_INSTRUCTED"
    says = "Deposit {deposit_id} has the instruction {instruction} for its maturity."


class NoticeExists(Refusal):
    """The notice id is taken."""

    code = "NOTICE_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Notice {notice_id} exists already on deposit {deposit_id}."


class NoticeNotOpen(Refusal):
    """No such notice, or it was used, cancelled, or its day has passed."""

    code = "NOTICE_NOT_OPEN"
    says = "Notice {notice_id} of deposit {deposit_id} is not open on {on}."


class NoticeTooShort(Refusal):
    """The appointed day comes too soon."""

    code = "NOTICE_TOO_SHORT"
    kind = Kind.OUT_OF_RANGE
    says = "{draw_on} was asked; the notice makes it {earliest} at the earliest."


class NotADemandAccount(Refusal):
    """Interest by balance-days is for current accounts."""

    code = "NOT_A_DEMAND_ACCOUNT"
    says = "Account {account_id} is no current account."


class NotASettlementDay(Refusal):
    """Interest is settled on the 20th of the quarter's last month, or on closing."""

    code = "NOT_A_SETTLEMENT_DAY"
    says = "{settled_on} is no settlement day of account {account_id} on {on}."


class AlreadySettled(Refusal):
    """Interest was settled to that day or a later one."""

    code = "INTEREST_ALREADY_SETTLED"
    kind = Kind.ALREADY_EXISTS
    says = "Interest of account {account_id} is settled to {settled_on}."


class InterestNotSettled(Refusal):
    """An account is closed with its interest settled."""

    code = "INTEREST_NOT_SETTLED"
    says = "Account {account_id} has {unsettled_minor} of interest to be settled before it closes."


class NotCorporate(Refusal):
    """Agreement deposits are for organisations."""

    code = "NOT_A_CORPORATE_ACCOUNT"
    says = "Account {account_id} is no corporate account."


class AgreementOutOfRange(Refusal):
    """The agreement lasts longer than a year, or ends before it begins."""

    code = "AGREEMENT_OUT_OF_RANGE"
    kind = Kind.OUT_OF_RANGE
    says = "Until {until} was asked; it lies after {on} and not after {latest}."


class RateTooHigh(Refusal):
    """More than the product or the authorised cap allows."""

    code = "RATE_TOO_HIGH"
    kind = Kind.OUT_OF_RANGE
    says = "{asked_ppm} was asked, {max_ppm} is the most."


class PublishedForThePast(Refusal):
    """Rates are not changed for days that are gone."""

    code = "RATE_FOR_THE_PAST"
    kind = Kind.OUT_OF_RANGE
    says = "In force from {effective_from} was asked on {on}."


class WrongDepositHolder(Refusal):
    """The product is for persons, or for organisations."""

    code = "WRONG_DEPOSIT_HOLDER"
    says = "Product {product_id} is for {needed}; the customer is {customer_kind}."
