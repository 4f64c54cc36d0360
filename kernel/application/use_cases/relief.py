"""Use cases of relief and of the end of a loan that moves no money: one loan, one event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.application.books import Books
from kernel.application.use_cases.lending import existing_loan, publications_of
from kernel.application.use_cases.pinned import pinned_product
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.moment import Moment
from kernel.loans import collection, end_rules, relief_commands, relief_rules
from kernel.loans.commands import LoanCommand
from kernel.loans.events import OnLoan
from kernel.loans.state import LoanState

Events = tuple[Event, ...]
UseCase = Callable[[Any, Books, Moment], Events]


def by_the_loan_alone(rule: Callable[[Any, LoanState, Moment], OnLoan]) -> UseCase:
    """A use case that needs nothing but the loan."""

    def use_case(command: LoanCommand, books: Books, at: Moment) -> Events:
        return (rule(command, existing_loan(command, books), at),)

    return use_case


def set_loan_rate(command: relief_commands.SetLoanRate, books: Books, at: Moment) -> Events:
    """Set a rate within the pinned product."""
    loan = existing_loan(command, books)
    product = pinned_product(loan.product_id, loan.product_version, books)
    return (relief_rules.set_rate(command, loan, product, at),)


def restructure_loan(command: relief_commands.RestructureLoan, books: Books, at: Moment) -> Events:
    """Schedule a loan anew, its rate within the pinned product."""
    loan = existing_loan(command, books)
    product = pinned_product(loan.product_id, loan.product_version, books)
    return (relief_rules.restructure(command, loan, product, at),)


def reprice_loan(command: relief_commands.RepriceLoan, books: Books, at: Moment) -> Events:
    """Reprice a floating loan by its index."""
    loan = existing_loan(command, books)
    product = pinned_product(loan.product_id, loan.product_version, books)
    known = publications_of(loan.index_id, books)
    return (collection.reprice(command, loan, product, known, at),)


USE_CASES: dict[type[Command], UseCase] = {
    relief_commands.ChargeLoanFee: by_the_loan_alone(relief_rules.charge_fee),
    relief_commands.WaiveClaim: by_the_loan_alone(relief_rules.waive),
    relief_commands.SetLoanRate: set_loan_rate,
    relief_commands.PauseLoanInterest: by_the_loan_alone(relief_rules.pause_interest),
    relief_commands.MoveDueDate: by_the_loan_alone(relief_rules.move_due_date),
    relief_commands.ExtendLoan: by_the_loan_alone(relief_rules.extend),
    relief_commands.RestructureLoan: restructure_loan,
    relief_commands.RepriceLoan: reprice_loan,
    relief_commands.AccelerateLoan: by_the_loan_alone(end_rules.accelerate),
    relief_commands.WriteOffLoan: by_the_loan_alone(end_rules.write_off),
}
