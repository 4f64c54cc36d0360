"""Loans of every method with events of every kind, drawn at random from one source."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from typing import Any

from kernel.loans.dated import (
    Acceleration,
    AnyLoanEvent,
    Chargeback,
    Disbursement,
    DueDateChange,
    Extension,
    FeeCharged,
    FeeWaived,
    FullPrepayment,
    InterestPause,
    InterestWaived,
    PenaltyWaived,
    RateSet,
    Recovery,
    Refund,
    Repayment,
    Restructuring,
    SubsidyClaimed,
    SubsidySettled,
    WriteOff,
)
from kernel.loans.terms import LoanTerms, Method, PrepaymentInterest, PrepaymentOption

OPTIONS: tuple[PrepaymentOption, ...] = (
    "shorten_term",
    "reduce_instalment",
    "pay_ahead",
    "recalculate",
)
INTEREST: tuple[PrepaymentInterest, ...] = ("in_full", "prepaid_part", "later")
DAYS = 900


def some_terms(pick: random.Random) -> LoanTerms:
    """Terms of any method, with any of the options that go with it."""
    n = pick.choice((1, 2, 3, 6, 12, 24))
    principal = pick.choice((1, 100, 12_345, 10_000_000, pick.randrange(1, 10**13)))
    method = pick.choice(list(Method))
    months = pick.random() < 0.7
    fields: dict[str, Any] = {
        "principal_minor": principal,
        "currency": "CNY",
        "annual_rate_ppm": pick.choice((0, 1, 43_500, 180_000, pick.randrange(2_000_000))),
        "method": method,
        "instalments": n,
        "every": {"months": pick.choice((1, 1, 3))} if months else pick.choice(
            ({"weeks": 1}, {"days": 10})
        ),
        "start_date": datetime.date(2024, 1, 1) + datetime.timedelta(pick.randrange(400)),
        "day_count": pick.choice(
            ("30/360", "30E/360", "ACT/360", "ACT/365F", "ACT/ACT-ISDA", "MONTHS+DAYS/360")
        ),
        "instalment_rule": pick.choice(("nominal", "exact", "progressive", "cumulative")),
        "rounding": pick.choice(("half_up", "half_even")),
        "residual": pick.choice(("last", "first", "adjusted")),
        "first_period": pick.choice(("actual_interest", "merge_short", "interest_only")),
        "month_end": pick.choice(("clamp", "roll")),
        "grace_days": pick.choice((0, 3)),
    }  # fmt: skip
    return LoanTerms.model_validate({**fields, **_options(pick, n, months), **_own(pick, fields)})


def _options(pick: random.Random, n: int, months: bool) -> dict[str, Any]:
    """Parts that any method may have."""
    found: dict[str, Any] = {}
    if n > 2 and pick.random() < 0.3:
        part = pick.choice(("principal", "interest_payment", "interest_free"))
        found["grace"] = {part: pick.choice((1, 2))}
    if pick.random() < 0.5:
        compound = pick.choice(("none", "contract_then_penalty", "penalty"))
        found["penalty"] = {"multiplier_ppm": 1_500_000, "compound": compound}
    if pick.random() < 0.3:
        roll = pick.choice(("following", "modified_following", "preceding"))
        found["holidays"] = {"roll": roll, "moves_interest": pick.random() < 0.5}
    if pick.random() < 0.3:
        found["fees"] = [
            pick.choice((
                {"name": "share", "rate_ppm": 10_000},
                {"name": "fixed", "amount_minor": 100, "financed": True},
                {"name": "monthly", "when": "instalment", "amount_minor": 50},
            ))
        ]  # fmt: skip
    if pick.random() < 0.3:
        found["prepayment"] = {
            "option": pick.choice(OPTIONS),
            "interest": pick.choice(INTEREST),
            "fee_ppm": pick.choice((0, 10_000)),
        }
    if pick.random() < 0.3:
        found["waterfall"] = [{"across": "component"}]
    if months and pick.random() < 0.3:
        found["due_day"] = pick.choice((1, 20, 31))
    return found


def _own(pick: random.Random, fields: dict[str, Any]) -> dict[str, Any]:
    """The part that only this method has."""
    n, principal = fields["instalments"], fields["principal_minor"]
    if fields["method"] is Method.STEP:
        amount = max(1, principal // 1000)
        steps = ({"every": 2, "growth_ppm": 50_000}, {"every": 1, "amount_minor": amount})
        return {"step": pick.choice(steps)}
    if fields["method"] is Method.BALLOON:
        residual = {"residual_minor": max(1, principal // 3)}
        return {"balloon": pick.choice(({"amortised_over": n * 3}, residual))}
    if fields["method"] is Method.CUSTOM:
        parts = [principal // n] * n
        parts[-1] += principal - sum(parts)
        return {"principal_plan_minor": parts}
    return {}


def some_events(pick: random.Random, terms: LoanTerms) -> list[AnyLoanEvent]:
    """Up to eight events, no two of one kind on one day."""
    made: dict[tuple[type, datetime.date], AnyLoanEvent] = {}
    for place in range(pick.choice((0, 1, 2, 3, 5, 8))):
        on = terms.start_date + datetime.timedelta(pick.randrange(DAYS))
        base = {"value_date": on, "event_id": f"e{place}", "sequence": place}
        event = pick.choice(MAKERS)(pick, base, terms.principal_minor)
        made.setdefault((type(event), on), event)
    return list(made.values())


def _amount(pick: random.Random, principal: int) -> int:
    return pick.choice(
        (1, max(1, principal // 20), max(1, principal // 3), principal, 2 * principal + 1)
    )


def _until(pick: random.Random, base: dict[str, Any]) -> datetime.date:
    later: datetime.date = base["value_date"] + datetime.timedelta(pick.randrange(1, 60))
    return later


Maker = Callable[[random.Random, dict[str, Any], int], AnyLoanEvent]
MAKERS: tuple[Maker, ...] = (
    lambda pick, base, p: Disbursement(amount_minor=_amount(pick, p), **base),
    lambda pick, base, p: Repayment(amount_minor=_amount(pick, p), **base),
    lambda pick, base, p: Repayment(amount_minor=_amount(pick, p), mode="auto", **base),
    lambda pick, base, p: Repayment(
        amount_minor=_amount(pick, p), mode="in_advance",
        option=pick.choice((None, *OPTIONS)), interest=pick.choice((None, *INTEREST)), **base,
    ),
    lambda pick, base, p: SubsidyClaimed(amount_minor=_amount(pick, p), **base),
    lambda pick, base, p: SubsidySettled(amount_minor=_amount(pick, p), **base),
    lambda pick, base, p: FullPrepayment(
        amount_minor=pick.choice((None, _amount(pick, p))), **base
    ),
    lambda pick, base, p: FeeCharged(amount_minor=_amount(pick, p), **base),
    lambda pick, base, p: FeeWaived(amount_minor=pick.choice((None, 5)), **base),
    lambda pick, base, p: InterestWaived(amount_minor=pick.choice((None, 5)), **base),
    lambda pick, base, p: PenaltyWaived(amount_minor=pick.choice((None, 5)), **base),
    lambda pick, base, p: RateSet(
        annual_rate_ppm=pick.randrange(500_000),
        applies=pick.choice(("from_day", "next_period")), **base,
    ),
    lambda pick, base, p: InterestPause(until=_until(pick, base), **base),
    lambda pick, base, p: DueDateChange(next_due_date=_until(pick, base), **base),
    lambda pick, base, p: Extension(instalments=pick.randrange(1, 6), **base),
    lambda pick, base, p: Restructuring(
        instalments=pick.randrange(1, 12), first_due_date=_until(pick, base),
        annual_rate_ppm=pick.choice((None, 50_000)), capitalise=pick.random() < 0.5,
        method=pick.choice((None, "equal_instalment", "bullet", "interest_first")), **base,
    ),
    lambda pick, base, p: Acceleration(**base),
    lambda pick, base, p: Chargeback(amount_minor=_amount(pick, p), **base),
    lambda pick, base, p: WriteOff(**base),
    lambda pick, base, p: Recovery(amount_minor=_amount(pick, p), **base),
    lambda pick, base, p: Refund(amount_minor=_amount(pick, p), **base),
)  # fmt: skip
