"""The typed no of accounts.

Units: figures named ``*_minor`` are whole minor units of the account's currency.
"""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class AccountNotFound(Refusal):
    """No such account."""

    code = "ACCOUNT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Account {account_id} does not exist."


class AccountExists(Refusal):
    """The account id is taken."""

    code = "ACCOUNT_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Account {account_id} exists already."


class AccountIsClosed(Refusal):
    """The account is closed."""

    code = "ACCOUNT_CLOSED"
    says = "Account {account_id} is closed."


class AccountIsDormant(Refusal):
    """The account rests."""

    code = "ACCOUNT_DORMANT"
    says = "Account {account_id} is dormant; reactivate it first."


class AccountNotDormant(Refusal):
    """Only a dormant account is reactivated."""

    code = "ACCOUNT_NOT_DORMANT"
    says = "Account {account_id} is {status}, not dormant."


class CounterOnly(Refusal):
    """The account was never used; its holder comes to the counter first."""

    code = "COUNTER_ONLY"
    says = "Account {account_id} pays at the counter only; {channel} was asked."


class DormancyStepNotDue(Refusal):
    """Another step of the ladder is due, or none."""

    code = "DORMANCY_STEP_NOT_DUE"
    says = "Account {account_id}: {step} was asked, {due} is due on {on}."


class NotASettlementAccount(Refusal):
    """A deposit is no account for payments."""

    code = "NOT_A_SETTLEMENT_ACCOUNT"
    says = "Account {account_id} is a deposit: its money moves by the deposit's own commands."


class NotTheHolder(Refusal):
    """The account belongs to another customer."""

    code = "NOT_THE_HOLDER"
    kind = Kind.PERMISSION
    says = "Account {account_id} does not belong to customer {customer_id}."


class WrongCurrency(Refusal):
    """The account is kept in another currency."""

    code = "WRONG_CURRENCY"
    says = "Account {account_id} is kept in {account_currency}, not {asked_currency}."


class InsufficientFunds(Refusal):
    """Less is available than was asked."""

    code = "INSUFFICIENT_FUNDS"
    says = "{asked_minor} was asked of account {account_id}, {available_minor} is available."


class DebitRestrained(Refusal):
    """A restraint stops debits of the whole account."""

    code = "DEBIT_RESTRAINED"
    says = "Debits of account {account_id} are stopped by {restraint_ids}."


class CreditRestrained(Refusal):
    """A restraint stops credits of the whole account."""

    code = "CREDIT_RESTRAINED"
    says = "Credits of account {account_id} are stopped by {restraint_ids}."


class CapExceeded(Refusal):
    """A class Ⅱ or Ⅲ cap of a day or a year would be passed."""

    code = "CAP_EXCEEDED"
    says = (
        "{asked_minor} {direction} on account {account_id}: {used_minor} of the {span} cap of "
        "{cap_minor} is used."
    )


class BalanceCapExceeded(Refusal):
    """A class Ⅲ account may not hold that much."""

    code = "BALANCE_CAP_EXCEEDED"
    says = "Account {account_id} would hold {balance_minor}; its class may hold {cap_minor}."


class HolderRestrained(Refusal):
    """The customer may not open accounts."""

    code = "HOLDER_RESTRAINED"
    says = "Customer {customer_id} is restrained."


class WrongHolderKind(Refusal):
    """The product is for another kind of customer."""

    code = "WRONG_HOLDER_KIND"
    says = "The product is for {product_kind}, customer {customer_id} is {customer_kind}."


class NotIdentifiedEnough(Refusal):
    """The customer is not identified well enough for the account."""

    code = "NOT_IDENTIFIED_ENOUGH"
    says = "Customer {customer_id} is identified as {level}; {needed_level} is needed."


class TooManyAccounts(Refusal):
    """The customer holds as many accounts of the class as allowed."""

    code = "TOO_MANY_ACCOUNTS"
    says = (
        "Customer {customer_id} holds {held_count} accounts of class {account_class}; "
        "{max_count} allowed."
    )


class BoundAccountNeeded(Refusal):
    """A class Ⅱ or Ⅲ account opened from afar must be bound to a class Ⅰ account."""

    code = "BOUND_ACCOUNT_NEEDED"
    says = "An account of class {account_class} needs a bound account of class I."


class BoundAccountUnfit(Refusal):
    """The account to bind is not an open class Ⅰ account of the same holder."""

    code = "BOUND_ACCOUNT_UNFIT"
    says = "Account {bound_account_id} is no open class I account of customer {customer_id}."


class OverdraftTooHigh(Refusal):
    """The product allows less."""

    code = "OVERDRAFT_TOO_HIGH"
    kind = Kind.OUT_OF_RANGE
    says = "An overdraft limit of {asked_minor} was asked; the product allows {max_minor}."


class OverdraftInUse(Refusal):
    """More of the limit is in use than would be left."""

    code = "OVERDRAFT_IN_USE"
    says = "A limit of {asked_minor} was asked; {needed_minor} of it is in use."


class AccountNotEmpty(Refusal):
    """Only an empty account is closed."""

    code = "ACCOUNT_NOT_EMPTY"
    says = "Account {account_id} holds {ledger_minor}, of which {held_minor} is held."


class AccountRestrained(Refusal):
    """A restrained account is not closed."""

    code = "ACCOUNT_RESTRAINED"
    says = "Account {account_id} is under {restraint_ids}."


class HoldExists(Refusal):
    """The hold id is taken."""

    code = "HOLD_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Hold {hold_id} exists already on account {account_id}."


class HoldNotLive(Refusal):
    """No such hold, or nothing of it is left, or its day has come."""

    code = "HOLD_NOT_LIVE"
    says = "Hold {hold_id} on account {account_id} binds nothing on {on}."


class HoldTooSmall(Refusal):
    """More was asked than the hold still binds."""

    code = "HOLD_TOO_SMALL"
    says = "{asked_minor} was asked of hold {hold_id}, {left_minor} is left."


class ExpiryOutOfRange(Refusal):
    """The expiry is not after the booking date, or too far ahead."""

    code = "EXPIRY_OUT_OF_RANGE"
    kind = Kind.OUT_OF_RANGE
    says = "Expiry {expires_on} must lie after {on} and not after {latest}."


class RestraintExists(Refusal):
    """The restraint id is taken."""

    code = "RESTRAINT_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Restraint {restraint_id} exists already on account {account_id}."


class RestraintNotFound(Refusal):
    """No such restraint that is still in force or waiting."""

    code = "RESTRAINT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "No restraint {restraint_id} is in force on account {account_id}."


class RestraintNotRenewable(Refusal):
    """Only a judicial freeze is renewed."""

    code = "RESTRAINT_NOT_RENEWABLE"
    says = "Restraint {restraint_id} is a {kind}; only freezes are renewed."


class TooManyEmergencyStops(Refusal):
    """An account is stopped in an emergency at most so often."""

    code = "TOO_MANY_EMERGENCY_STOPS"
    says = "Account {account_id} was stopped {count} times; {max_count} allowed."


class OtherAuthority(Refusal):
    """Only the authority that froze the account releases it."""

    code = "OTHER_AUTHORITY"
    kind = Kind.PERMISSION
    says = "Restraint {restraint_id} was placed by {placed_authority}, not {asked_authority}."


class FourEyesOnBankHold(Refusal):
    """Who placed a bank hold does not lift it."""

    code = "FOUR_EYES"
    kind = Kind.PERMISSION
    says = "{principal} placed restraint {restraint_id} and may not lift it."


class SameAccount(Refusal):
    """Money is not moved from an account to itself."""

    code = "SAME_ACCOUNT"
    says = "Payer and payee are both account {account_id}."
