"""Words for tests about loans: a usual loan, money on a day, and figures read off a standing."""

from __future__ import annotations

import datetime
from typing import Any

from kernel.loans.dated import AnyLoanEvent, Repayment
from kernel.loans.fold import standing
from kernel.loans.standing import Standing
from kernel.loans.terms import LoanTerms

EMI = 853_099
"""The level instalment of the usual loan."""


def day(text: str) -> datetime.date:
    """A day as 2026-02-15."""
    return datetime.date.fromisoformat(text)


def loan(**fields: Any) -> LoanTerms:
    """100,000 yuan at 4.35 % over twelve months from 15 January 2026, unless said otherwise."""
    usual: dict[str, Any] = {
        "principal_minor": 10_000_000,
        "currency": "CNY",
        "annual_rate_ppm": 43_500,
        "method": "equal_instalment",
        "instalments": 12,
        "start_date": day("2026-01-15"),
    }
    return LoanTerms.model_validate({**usual, **fields})


def paid(on: str, amount_minor: int = EMI, **fields: Any) -> Repayment:
    """Money received on a day."""
    return Repayment(value_date=day(on), amount_minor=amount_minor, event_id=f"paid-{on}", **fields)


def on(as_of: str, terms: LoanTerms, *events: AnyLoanEvent) -> Standing:
    """How the loan stands on a day."""
    return standing(terms, events, day(as_of))


def asked(found: Standing, number: int) -> tuple[int, int]:
    """Principal and interest of an instalment."""
    line = found.instalment(number)
    return line.principal_minor, line.interest_minor


def became_of(found: Standing, event_id: str) -> list[tuple[str, int]]:
    """What an event was used for, line by line."""
    return [
        (each.purpose, each.amount_minor) for each in found.allocations if each.event_id == event_id
    ]
