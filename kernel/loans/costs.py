"""What a loan costs a year, all in: from the dated flows of a standing.

Units: ppm a year. Flows: what was lent, what was paid by value date, what is due and unpaid on
the day of the question, and what is planned on its due date. Penalty and compound interest are
costs of default and no part of it.
Source: 公告〔2021〕3号 (annualised rate with all fees); 12 CFR part 1026, appendix J.
"""

from __future__ import annotations

from kernel.loans.annual_cost import (
    CashFlow,
    NoAnnualCost,
    appendix_j_ppm,
    effective_annual_ppm,
)
from kernel.loans.standing import Standing
from kernel.loans.terms import LoanTerms, Method
from kernel.loans.unit_periods import Interval, UnitPeriod

LENT = frozenset({"disbursed", "charged_back", "taken_over"})
PAID = frozenset({"principal", "prepaid_principal", "interest", "fee", "held"})


def cash_flows(standing: Standing) -> list[CashFlow]:
    """The flows of the loan, advances positive."""
    flows = []
    for entry in standing.allocations:
        if entry.purpose in LENT:
            flows.append(CashFlow(day=entry.value_date, amount_minor=entry.amount_minor))
        elif entry.purpose in PAID:
            flows.append(CashFlow(day=entry.value_date, amount_minor=-entry.amount_minor))
    for line in standing.instalments:
        open_part = line.outstanding
        owed = open_part.principal_minor + open_part.interest_minor + open_part.fee_minor
        if line.number == 0:
            owed = line.paid_minor
        if owed:
            late = line.is_due and line.number
            day = max(line.due_date, standing.as_of) if late else line.due_date
            flows.append(CashFlow(day=day, amount_minor=-owed))
    return flows


def all_in_apr_ppm(terms: LoanTerms, standing: Standing) -> int | None:
    """The annual percentage rate by the actuarial method, the instalment rhythm as unit-period.

    For instalments in rhythm it is the rate of one period times the periods of a year (IRR × 12).
    None when no such rate exists.
    """
    try:
        return appendix_j_ppm(cash_flows(standing), _rhythm(terms))
    except NoAnnualCost:
        return None


def effective_annual_cost_ppm(standing: Standing) -> int | None:
    """The effective annual rate on actual days over 365 (XIRR); None when no such rate exists."""
    try:
        return effective_annual_ppm(cash_flows(standing))
    except NoAnnualCost:
        return None


def _rhythm(terms: LoanTerms) -> UnitPeriod | None:
    """The unit-period of the terms; None leaves the choice to the dates of the flows."""
    every = terms.every
    if terms.method in (Method.BULLET, Method.DISCOUNTED):
        return None
    if 1 <= every.months <= 12:
        return UnitPeriod(Interval.MONTH, every.months)
    if every.weeks:
        return UnitPeriod(Interval.WEEK, every.weeks)
    return UnitPeriod(Interval.DAY) if every.days == 1 else None
