"""Use cases: a command asks the rules of every area it concerns and becomes events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.application.books import Books
from kernel.application.use_cases import (
    accounts,
    collateral,
    deposits,
    grading,
    lending,
    limits,
    loan_money,
    money,
    parties,
    products,
    rates,
    relief,
)
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.moment import Moment
from kernel.loans.money_commands import CollectInstalment

UseCase = Callable[[Any, Books, Moment], tuple[Event, ...]]

USE_CASES: dict[type[Command], UseCase] = {
    **parties.USE_CASES,
    **products.USE_CASES,
    **accounts.USE_CASES,
    **money.USE_CASES,
    **lending.USE_CASES,
    **grading.USE_CASES,
    **limits.USE_CASES,
    **collateral.USE_CASES,
    **deposits.USE_CASES,
    **relief.USE_CASES,
    **loan_money.USE_CASES,
    **rates.USE_CASES,
}
"""Every command of the kernel, and what is done with it."""

NEXT_TOUCHES: dict[type[Command], Callable[[Any, Books], tuple[str, ...]]] = {
    CollectInstalment: loan_money.debited,
}
"""Entities that a command touches as well, known once those that it names are loaded."""
