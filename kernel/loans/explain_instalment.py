"""Where a figure of an instalment comes from: stretches of days, plan, events that paid.

Units: as the figure's name says. A leaf is an event, a term of the contract or a stretch of days;
every node's value is recomputed from its children by the formula that it names.
"""

from __future__ import annotations

import msgspec

from kernel.loans.standing import Allocation, Instalment, PlannedInstalment, Standing
from kernel.loans.terms import COMPONENTS


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: what it is, the rule in words, its inputs, and what they come from."""

    figure: str
    value: str
    says: str
    inputs: dict[str, str | int] = {}
    children: tuple[Explanation, ...] = ()


def _name(line: Instalment, field: str) -> str:
    return f"instalments[{line.number}].{field}"


def interest_of(standing: Standing, line: Instalment) -> Explanation:
    """Its interest, by stretches of days with one balance and rate."""
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


def principal_of(standing: Standing, line: Instalment) -> Explanation:
    """Its principal, by the plan that was in force."""
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
            interest_of(standing, line),
            principal_of(standing, line),
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


def outstanding_of(standing: Standing, line: Instalment) -> Explanation:
    """What it still asks."""
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
        event_of(entry)
        for entry in standing.allocations
        if entry.instalment == line.number and entry.purpose in wanted
    )


def event_of(entry: Allocation) -> Explanation:
    """What became of an event."""
    return Explanation(
        figure=f"event {entry.event_id}",
        value=str(entry.amount_minor),
        says=f"{entry.kind} of {entry.value_date}: {entry.purpose}",
        inputs={"applied_on": entry.applied_on.isoformat()},
    )


LINE_FIGURES = {
    "interest_minor": interest_of,
    "principal_minor": principal_of,
    "fee_minor": _fee,
    "penalty_minor": lambda standing, line: _cost(standing, line, "penalty"),
    "compound_minor": lambda standing, line: _cost(standing, line, "compound"),
    "total_minor": _total,
    "paid_minor": _paid,
    "outstanding_minor": outstanding_of,
}
