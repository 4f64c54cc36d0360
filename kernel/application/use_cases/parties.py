"""Use cases of the business date and customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.application.books import Books
from kernel.business_date import commands as dates
from kernel.business_date import rules as date_rules
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.moment import Moment
from kernel.customers import commands as customers
from kernel.customers import rules as customer_rules

Events = tuple[Event, ...]


def open_business_date(command: dates.OpenBusinessDate, books: Books, at: Moment) -> Events:
    """Open the first business date."""
    return (date_rules.open_business_date(command, books.business_date()),)


def advance_business_date(command: dates.AdvanceBusinessDate, books: Books, at: Moment) -> Events:
    """Go on to a later business date; the fact is booked on the day that ends."""
    return (date_rules.advance_business_date(command, books.business_date()),)


def seal_day(command: dates.SealDay, books: Books, at: Moment) -> Events:
    """Seal a day that has ended; the fact is booked on the open business date."""
    return (date_rules.seal_day(command, books.business_date()),)


def register_customer(command: customers.RegisterCustomer, books: Books, at: Moment) -> Events:
    """Register a customer."""
    return (customer_rules.register_customer(command, books.customer(command.customer_id)),)


def identify_customer(command: customers.IdentifyCustomer, books: Books, at: Moment) -> Events:
    """Identify a customer by a document that is nobody else's."""
    state = books.customer(command.customer_id)
    document = books.document(command.document_digest)
    return (customer_rules.identify_customer(command, state, document),)


def update_customer(command: customers.UpdateCustomer, books: Books, at: Moment) -> Events:
    """Update particulars."""
    return (customer_rules.update_customer(command, books.customer(command.customer_id)),)


def relate_customers(command: customers.RelateCustomers, books: Books, at: Moment) -> Events:
    """Relate two customers."""
    state = books.customer(command.customer_id)
    other = books.customer(command.other_customer_id)
    return (customer_rules.relate_customers(command, state, other),)


def end_relation(command: customers.EndRelation, books: Books, at: Moment) -> Events:
    """End a relation."""
    return (customer_rules.end_relation(command, books.customer(command.customer_id)),)


def restrain_customer(command: customers.RestrainCustomer, books: Books, at: Moment) -> Events:
    """Restrain a customer."""
    return (customer_rules.restrain_customer(command, books.customer(command.customer_id), at),)


def lift_customer_restraint(
    command: customers.LiftCustomerRestraint, books: Books, at: Moment
) -> Events:
    """Lift a customer's restraint."""
    state = books.customer(command.customer_id)
    return (customer_rules.lift_customer_restraint(command, state, at),)


def merge_customers(command: customers.MergeCustomers, books: Books, at: Moment) -> Events:
    """Merge two records of one customer."""
    state = books.customer(command.customer_id)
    into = books.customer(command.into_customer_id)
    return (customer_rules.merge_customers(command, state, into, at),)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    dates.OpenBusinessDate: open_business_date,
    dates.AdvanceBusinessDate: advance_business_date,
    dates.SealDay: seal_day,
    customers.RegisterCustomer: register_customer,
    customers.IdentifyCustomer: identify_customer,
    customers.UpdateCustomer: update_customer,
    customers.RelateCustomers: relate_customers,
    customers.EndRelation: end_relation,
    customers.RestrainCustomer: restrain_customer,
    customers.LiftCustomerRestraint: lift_customer_restraint,
    customers.MergeCustomers: merge_customers,
}
