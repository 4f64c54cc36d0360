"""Where a figure of a standing comes from: a tree of rules, inputs and events.

Units: as the figure's name says. A leaf is an event, a term of the contract or a stretch of days;
every node's value is recomputed from its children by the formula that it names.
"""

from __future__ import annotations

import re

import msgspec

from kernel.common.refusals import InvalidInput
from kernel.loans.standing import Allocation, Instalment, PlannedInstalment, Standing
from kernel.loans.terms import COMPONENTS

_LINE = re.compile(r"^instalments\[(\d+)\]\.(\w+)$")


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: what it is, the rule in words, its inputs, and what they come from."""

    figure: str
    value: str
    says: str
    inputs: dict[str, str | int] = {}
    children: tuple[Explanation, ...] = ()


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
        if field in _LINE_FIGURES:
            return _LINE_FIGURES[field](standing, lines[0])
        names = ", ".join(sorted(_LINE_FIGURES))
        raise InvalidInput(("figure", f"{field!r:.40} is none of {names}"))
    if figure not in _FIGURES:
        names = ", ".join([*sorted(_FIGURES), "instalments[n].…"])
        raise InvalidInput(("figure", f"{figure!r:.60} is none of {names}"))
    return _FIGURES[figure](standing)


def _name(line: Instalment, field: str) -> str:
    return f"instalments[{line.number}].{field}"


def _interest(standing: Standing, line: Instalment) -> Explanation:
    stretches = tuple(
        Explanation(
            figure=f"{part.from_date} to {part.to_date}",
            value=f"{part.balance_minor * part.rate_ppb * part.units}"
            f"/{part.units_per_year * 10**9}",
            says="balance × rate (ppb) × year units ÷ (units per year × 10⁹)",
            inputs={
                "balance_minor": part.balance_minor,
                "rate_ppb": part.rate_ppb,
                "units": part.units,
                "units_per_year": part.units_per_year,
            },
        )
        for part in line.segments
    )
    return Explanation(
        figure=_name(line, "interest_minor"),
        value=str(line.interest_minor),
        says="interest of the stretches below added exactly and rounded once, with what earlier "
        "instalments left to this one; the first day counts, the last does not",
        inputs={"rounding": standing.rounding.value, "days": line.days},
        children=stretches + _used(standing, line, "interest"),
    )


def _principal(standing: Standing, line: Instalment) -> Explanation:
    plan = _plan_of(standing, line)
    children = () if plan is None else (_planned(plan),)
    return Explanation(
        figure=_name(line, "principal_minor"),
        value=str(line.principal_minor),
        says="planned payment less interest (or the planned part of the principal; all that is "
        "left with the last one), and what was prepaid in its period",
        inputs={"interest_minor": line.interest_minor, "prepaid_minor": line.prepaid_minor},
        children=children + _used(standing, line, "prepaid_principal", "principal"),
    )


def _plan_of(standing: Standing, line: Instalment) -> PlannedInstalment | None:
    fits = [
        plan
        for plan in standing.plans
        if plan.first_number <= line.number and plan.day <= line.due_date
    ]
    return fits[-1] if fits else None


def _planned(plan: PlannedInstalment) -> Explanation:
    return Explanation(
        figure="planned payment",
        value=str(plan.payment_minor),
        says="the level payment (or part of the principal) that repays the balance over the "
        "instalments left",
        inputs={
            "worked_out_on": plan.day.isoformat(),
            "because_of": plan.because,
            "balance_minor": plan.balance_minor,
            "rate_ppb": plan.rate_ppb,
            "instalments": plan.instalments,
        },
    )


def _cost(standing: Standing, line: Instalment, part: str) -> Explanation:
    penalty = part == "penalty"
    stretches = tuple(
        Explanation(
            figure=f"{each.from_date} to {each.to_date}",
            value=f"{unpaid * weight}/{each.denominator}",
            says="unpaid amount × sum of daily rates, rate (ppb) × multiplier (ppm)",
            inputs={"unpaid_minor": unpaid, "weight": weight, "denominator": each.denominator},
        )
        for each in line.arrears
        for unpaid, weight in [
            (each.principal_minor, each.penalty_weight)
            if penalty
            else (each.interest_minor, each.compound_weight)
        ]
        if unpaid and weight
    )
    base = "principal" if penalty else "interest"
    return Explanation(
        figure=_name(line, f"{part}_minor"),
        value=str(line.penalty_minor if penalty else line.compound_minor),
        says=f"overdue {base} by days, added exactly from the due date on and rounded once",
        inputs={"rounding": standing.rounding.value, "due_date": line.due_date.isoformat()},
        children=stretches + _used(standing, line, part),
    )


def _total(standing: Standing, line: Instalment) -> Explanation:
    return Explanation(
        figure=_name(line, "total_minor"),
        value=str(line.total_minor),
        says="fee + compound interest + penalty + interest + principal",
        children=(
            _fee(standing, line),
            _cost(standing, line, "compound"),
            _cost(standing, line, "penalty"),
            _interest(standing, line),
            _principal(standing, line),
        ),
    )


def _fee(standing: Standing, line: Instalment) -> Explanation:
    return Explanation(
        figure=_name(line, "fee_minor"),
        value=str(line.fee_minor),
        says="fees of the contract for this instalment and fees charged in its period",
        children=_used(standing, line, "fee"),
    )


def _paid(standing: Standing, line: Instalment) -> Explanation:
    return Explanation(
        figure=_name(line, "paid_minor"),
        value=str(line.paid_minor),
        says="what the allocation of each event gave to this instalment",
        inputs={"early_minor": line.paid_early_minor, "late_minor": line.paid_late_minor},
        children=_used(standing, line, "prepaid_principal", *(c.value for c in COMPONENTS)),
    )


def _outstanding(standing: Standing, line: Instalment) -> Explanation:
    return Explanation(
        figure=_name(line, "outstanding_minor"),
        value=str(line.outstanding_minor),
        says="asked less paid, waived and moved into new terms",
        inputs={"waived_minor": line.waived_minor},
        children=(_total(standing, line), _paid(standing, line)),
    )


def _used(standing: Standing, line: Instalment, *purposes: str) -> tuple[Explanation, ...]:
    """The events that paid or waived these parts of a line."""
    wanted = {*purposes, *(f"waived_{each}" for each in purposes)}
    return tuple(
        _event(entry)
        for entry in standing.allocations
        if entry.instalment == line.number and entry.purpose in wanted
    )


def _event(entry: Allocation) -> Explanation:
    return Explanation(
        figure=f"event {entry.event_id}",
        value=str(entry.amount_minor),
        says=f"{entry.kind} of {entry.value_date}: {entry.purpose}",
        inputs={"applied_on": entry.applied_on.isoformat()},
    )


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
        children=tuple(_outstanding(standing, line) for line in lines),
    )


def _normal(standing: Standing) -> Explanation:
    moved = {"disbursed", "charged_back", "taken_over", "prepaid_principal"}
    return Explanation(
        figure="normal_minor",
        value=str(standing.normal_minor),
        says="lent or taken over, less principal that has fallen due or was prepaid",
        inputs={"as_of": standing.as_of.isoformat(), "disbursed_minor": standing.disbursed_minor},
        children=tuple(_event(each) for each in standing.allocations if each.purpose in moved)
        + tuple(_principal(standing, line) for line in standing.instalments if line.is_due),
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
        children=tuple(_interest(standing, line) for line in coming[:1]),
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
        children=(*(_interest(standing, line) for line in late), _accrued(standing)),
    )


def _unapplied(standing: Standing) -> Explanation:
    return Explanation(
        figure="unapplied_minor",
        value=str(standing.unapplied_minor),
        says="money received that nothing asked for yet, less what was used later",
        children=tuple(_event(each) for each in standing.allocations if each.purpose == "held"),
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
        children=tuple(_outstanding(standing, line) for line in lines),
    )


def _overdue(standing: Standing) -> Explanation:
    lines = [line for line in standing.instalments if line.outstanding.principal_minor]
    late = [line for line in lines if line.is_due and line.due_date < standing.as_of]
    return Explanation(
        figure="overdue_minor",
        value=str(standing.overdue_minor),
        says="principal of instalments due before the day and not paid",
        children=tuple(_principal(standing, line) for line in late),
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
_LINE_FIGURES = {
    "interest_minor": _interest,
    "principal_minor": _principal,
    "fee_minor": _fee,
    "penalty_minor": lambda standing, line: _cost(standing, line, "penalty"),
    "compound_minor": lambda standing, line: _cost(standing, line, "compound"),
    "total_minor": _total,
    "paid_minor": _paid,
    "outstanding_minor": _outstanding,
}
