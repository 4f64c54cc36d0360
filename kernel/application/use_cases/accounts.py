"""Use cases of accounts: opening asks the product and the customer, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.accounts import commands, dormancy, fees, restraint_rules, rules
from kernel.application.books import Books
from kernel.application.use_cases.deposits import demand_rates_of
from kernel.bookkeeping.vat import tax_on
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.moment import Moment
from kernel.customers.rules import require_customer
from kernel.deposits.interest_rules import require_settled
from kernel.products.rules import terms_on_sale

Events = tuple[Event, ...]


def open_account(command: commands.OpenAccount, books: Books, at: Moment) -> Events:
    """Open an account on a product version that is on sale, for a customer who may hold it."""
    customer = books.customer(command.customer_id)
    require_customer(customer, command.customer_id)
    product = books.product(command.product_id)
    version, terms = terms_on_sale(product, command.product_id, command.product_version, at)
    bound_account_id = command.bound_account_id
    opened = rules.open_account(
        command,
        books.account(command.account_id),
        rules.Holder(
            customer_id=customer.customer_id,
            kind=customer.kind,
            level=customer.level,
            is_restrained=customer.is_restrained(at.booking_date),
        ),
        books.holdings(command.customer_id),
        version,
        terms,
        books.account(bound_account_id) if bound_account_id else None,
        at,
    )
    return (opened,)


def close_account(command: commands.CloseAccount, books: Books, at: Moment) -> Events:
    """Close an account to whose holder no interest is owed."""
    interest = books.interest(command.account_id)
    require_settled(interest, demand_rates_of(interest, books), at)
    return (rules.close_account(command, books.account(command.account_id), at),)


def mark_dormant(command: commands.MarkDormant, books: Books, at: Moment) -> Events:
    """Put an account to rest."""
    return (rules.mark_dormant(command, books.account(command.account_id)),)


def reactivate_account(command: commands.ReactivateAccount, books: Books, at: Moment) -> Events:
    """Bring an account back, with what lies in long suspense for its holder."""
    reactivated = rules.reactivate_account(command, books.account(command.account_id))
    return (*dormancy.claimed(books.activity(command.account_id)), reactivated)


def take_dormancy_step(command: commands.TakeDormancyStep, books: Books, at: Moment) -> Events:
    """Take a step of the dormancy ladder; interest is settled before money goes to suspense."""
    if command.step is commands.DormancyStep.LONG_SUSPENSE:
        interest = books.interest(command.account_id)
        require_settled(interest, demand_rates_of(interest, books), at)
    account = books.account(command.account_id)
    return dormancy.take_step(command, books.activity(command.account_id), account, at)


def set_overdraft_limit(command: commands.SetOverdraftLimit, books: Books, at: Moment) -> Events:
    """Set the overdraft limit."""
    return (rules.set_overdraft_limit(command, books.account(command.account_id), at),)


def change_bound_account(command: commands.ChangeBoundAccount, books: Books, at: Moment) -> Events:
    """Bind to another class Ⅰ account."""
    state = books.account(command.account_id)
    bound = books.account(command.bound_account_id)
    return (rules.change_bound_account(command, state, bound),)


def charge_account_fee(command: commands.ChargeAccountFee, books: Books, at: Moment) -> Events:
    """Take a fee, with the tax that the price of the day holds."""
    tax_minor = tax_on(command.amount_minor, at.booking_date)
    return (fees.charge_fee(command, books.account(command.account_id), tax_minor, at),)


def place_hold(command: commands.PlaceHold, books: Books, at: Moment) -> Events:
    """Set money aside."""
    return (rules.place_hold(command, books.account(command.account_id), at),)


def capture_hold(command: commands.CaptureHold, books: Books, at: Moment) -> Events:
    """Pay held money to another account."""
    state = books.account(command.account_id)
    payee = books.account(command.payee_account_id)
    return (rules.capture_hold(command, state, payee, at),)


def release_hold(command: commands.ReleaseHold, books: Books, at: Moment) -> Events:
    """Let a hold go."""
    return (rules.release_hold(command, books.account(command.account_id), at),)


def place_restraint(command: commands.PlaceRestraint, books: Books, at: Moment) -> Events:
    """Restrain an account."""
    return (restraint_rules.place_restraint(command, books.account(command.account_id), at),)


def renew_restraint(command: commands.RenewRestraint, books: Books, at: Moment) -> Events:
    """Prolong a freeze."""
    return (restraint_rules.renew_restraint(command, books.account(command.account_id), at),)


def lift_restraint(command: commands.LiftRestraint, books: Books, at: Moment) -> Events:
    """End a restraint."""
    return (restraint_rules.lift_restraint(command, books.account(command.account_id), at),)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    commands.OpenAccount: open_account,
    commands.CloseAccount: close_account,
    commands.MarkDormant: mark_dormant,
    commands.TakeDormancyStep: take_dormancy_step,
    commands.ReactivateAccount: reactivate_account,
    commands.SetOverdraftLimit: set_overdraft_limit,
    commands.ChangeBoundAccount: change_bound_account,
    commands.ChargeAccountFee: charge_account_fee,
    commands.PlaceHold: place_hold,
    commands.CaptureHold: capture_hold,
    commands.ReleaseHold: release_hold,
    commands.PlaceRestraint: place_restraint,
    commands.RenewRestraint: renew_restraint,
    commands.LiftRestraint: lift_restraint,
}
