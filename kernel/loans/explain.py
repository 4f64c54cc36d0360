"""Where a figure of a standing comes from: a tree of rules, inputs and events.

Units: as the figure's name says; an instalment's own figures stand in ``explain_instalment``.
"""

from __future__ import annotations

import re

from kernel.common.refusals import InvalidInput
from kernel.loans.explain_instalment import (
    LINE_FIGURES,
    Explanation,
    event_of,
    interest_of,
    outstanding_of,
    principal_of,
)
from kernel.loans.standing import Standing

_LINE = re.compile(r"^instalments\[(\d+)\]\.(\w+)$")


def explain(standing: Standing, figure: str) -> Explanation:
    """The tree behind a figure, such as ``payoff_minor`` or ``instalments[3].interest_minor``.

    Raises InvalidInput for a figure that cannot be explained, with the names that can.
    """
    found = _LINE.match(figure)
    if found:
        number, field = int(found[1]), found[2]
        lines = [line for line in standing.instalments if line.number == number]
        if not lines:
            raise InvalidInput(("figure", f"there is no instalment {number}"))
        if field in LINE_FIGURES:
            return LINE_FIGURES[field](standing, lines[0])
        names = ", ".join(sorted(LINE_FIGURES))
        raise InvalidInput(("figure", f"{field!r:.40} is none of {names}"))
    if figure not in _FIGURES:
        names = ", ".join([*sorted(_FIGURES), "instalments[n].…"])
        raise InvalidInput(("figure", f"{figure!r:.60} is none of {names}"))
    return _FIGURES[figure](standing)


def _payoff(standing: Standing) -> Explanation:
    return Explanation(
        figure="payoff_minor",
        value=str(standing.payoff_minor),
        says="all that is due + principal not yet due + interest accrued + fee of prepayment "
        "- money held",
        children=(
            _due(standing),
            _normal(standing),
            _accrued(standing),
            _unapplied(standing),
        ),
    )


def _due(standing: Standing) -> Explanation:
    lines = [line for line in standing.instalments if line.is_due and line.outstanding_minor]
    return Explanation(
        figure="due.total_minor",
        value=str(standing.due.total_minor),
        says="what fallen-due instalments still ask",
        children=tuple(outstanding_of(standing, line) for line in lines),
    )


def _normal(standing: Standing) -> Explanation:
    moved = {"disbursed", "charged_back", "taken_over", "prepaid_principal"}
    return Explanation(
        figure="normal_minor",
        value=str(standing.normal_minor),
        says="lent or taken over, less principal that has fallen due or was prepaid",
        inputs={"as_of": standing.as_of.isoformat(), "disbursed_minor": standing.disbursed_minor},
        children=tuple(event_of(each) for each in standing.allocations if each.purpose in moved)
        + tuple(principal_of(standing, line) for line in standing.instalments if line.is_due),
    )


def _accrued(standing: Standing) -> Explanation:
    coming = [line for line in standing.instalments if not line.is_due]
    return Explanation(
        figure="accrued_interest_minor",
        value=str(standing.accrued_interest_minor),
        says="interest of the open period to the day, exactly, rounded for showing only",
        inputs={
            "numerator": str(standing.accrued_numerator),
            "denominator": str(standing.accrued_denominator),
            "rounding": standing.rounding.value,
        },
        children=tuple(interest_of(standing, line) for line in coming[:1]),
    )


def _since_stop(standing: Standing) -> Explanation:
    late = [
        line for line in standing.instalments if line.is_due and line.outstanding.interest_minor
    ]
    return Explanation(
        figure="interest_since_stop_minor",
        value=str(standing.interest_since_stop_minor),
        says="what of the unpaid interest below came since the loan went non-accrual, money having "
        "paid what is older first",
        inputs={"unpaid_minor": standing.recognised.off_balance.interest_minor},
        children=(*(interest_of(standing, line) for line in late), _accrued(standing)),
    )


def _unapplied(standing: Standing) -> Explanation:
    return Explanation(
        figure="unapplied_minor",
        value=str(standing.unapplied_minor),
        says="money received that nothing asked for yet, less what was used later",
        children=tuple(event_of(each) for each in standing.allocations if each.purpose == "held"),
    )


def _past_due(standing: Standing) -> Explanation:
    since = standing.past_due_since
    lines = [line for line in standing.instalments if line.is_due and line.due_date == since]
    return Explanation(
        figure="days_past_due",
        value=str(standing.days_past_due),
        says="calendar days since the due date of the oldest instalment that still owes, "
        "0 within its days of grace",
        inputs={"as_of": standing.as_of.isoformat(), "since": str(since)},
        children=tuple(outstanding_of(standing, line) for line in lines),
    )


def _overdue(standing: Standing) -> Explanation:
    lines = [line for line in standing.instalments if line.outstanding.principal_minor]
    late = [line for line in lines if line.is_due and line.due_date < standing.as_of]
    return Explanation(
        figure="overdue_minor",
        value=str(standing.overdue_minor),
        says="principal of instalments due before the day and not paid",
        children=tuple(principal_of(standing, line) for line in late),
    )


_FIGURES = {
    "payoff_minor": _payoff,
    "due.total_minor": _due,
    "normal_minor": _normal,
    "overdue_minor": _overdue,
    "accrued_interest_minor": _accrued,
    "interest_since_stop_minor": _since_stop,
    "unapplied_minor": _unapplied,
    "days_past_due": _past_due,
}
