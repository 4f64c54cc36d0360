"""Deposit scenarios as people write them: terms and events of one deposit, checked.

Units: whole minor units, rates in ppm a year.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kernel.deposits.balance_days import Tier, demand_deposit
from kernel.deposits.fixed import (
    Interest,
    Notice,
    NoticeTerms,
    maturity,
    notice_withdrawal,
    rolled_over,
    term_withdrawal,
)

Minor = Annotated[int, Field(ge=1, le=10**15)]
Rate = Annotated[int, Field(ge=0, le=10_000_000)]


class Part(BaseModel):
    """Base of every part: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TierTerms(Part):
    """A slice of the balance from an amount on."""

    from_minor: Annotated[int, Field(ge=0, le=10**15)]
    annual_rate_ppm: Rate


class DepositTerms(Part):
    """Terms of a deposit. ``annual_rate_ppm`` is the contract's, ``demand_rate_ppm`` the listed
    rate of a demand deposit that early and overdue withdrawals fall back to."""

    kind: Literal["current", "term", "notice", "agreement"]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    annual_rate_ppm: Rate
    demand_rate_ppm: Rate = 0
    rate_mode: Literal["settlement_day", "segmented"] = "settlement_day"
    interest_base: Literal["yuan", "fen"] = "fen"
    tiers: Annotated[tuple[TierTerms, ...], Field(max_length=20)] = ()
    term_months: Literal[3, 6, 12, 24, 36, 60] | None = None
    rollover: Literal["none", "principal", "principal_and_interest"] = "none"
    notice_days: Literal[1, 7] | None = None
    minimum_draw_minor: Minor = 5_000_000
    base_minor: Minor | None = None

    @model_validator(mode="after")
    def _agree(self) -> DepositTerms:
        for field, kind in (
            ("term_months", "term"),
            ("notice_days", "notice"),
            ("base_minor", "agreement"),
        ):
            if (getattr(self, field) is not None) != (self.kind == kind):
                raise ValueError(f"{field}: belongs to the kind {kind}, and the kind to it")
        if self.tiers and self.kind != "current":
            raise ValueError("tiers: belong to the kind current")
        return self


class DepositEvent(Part):
    """What happened: money in or out, a listed rate, a notice, the closing."""

    kind: Literal["deposit", "withdrawal", "rate_set", "notice", "close"]
    value_date: datetime.date
    amount_minor: Minor | None = None
    annual_rate_ppm: Rate | None = None
    draw_on: datetime.date | None = None

    @model_validator(mode="after")
    def _whole(self) -> DepositEvent:
        needs = {
            "deposit": ("amount_minor",), "withdrawal": ("amount_minor",),
            "rate_set": ("annual_rate_ppm",), "notice": ("amount_minor", "draw_on"), "close": (),
        }[self.kind]  # fmt: skip
        for field in ("amount_minor", "annual_rate_ppm", "draw_on"):
            if (getattr(self, field) is not None) != (field in needs):
                raise ValueError(f"{field}: does not go with {self.kind} like that")
        return self


class DepositScenario(Part):
    """One deposit: terms, events in any order, and the day of the question."""

    id: str | int = "deposit"
    terms: DepositTerms
    events: Annotated[tuple[DepositEvent, ...], Field(min_length=1, max_length=10_000)]
    as_of: datetime.date


def simulate(scenario: DepositScenario) -> list[dict[str, object]]:
    """The interest of the deposit piece by piece, in order of days; raises ValueError."""
    terms = scenario.terms
    events = sorted(
        (event for event in scenario.events if event.value_date <= scenario.as_of),
        key=lambda event: (event.value_date, event.kind, event.amount_minor or 0),
    )
    if terms.kind in ("current", "agreement"):
        return _demand(scenario, events)
    opened = [event for event in events if event.kind == "deposit"]
    if len(opened) != 1:
        raise ValueError("events: a term or notice deposit is opened by exactly one deposit")
    pieces: list[Interest] = []
    left, start = opened[0].amount_minor or 0, opened[0].value_date
    notices = [event for event in events if event.kind == "notice"]
    for event in events:
        if event.kind not in ("withdrawal", "close"):
            continue
        amount = left if event.kind == "close" else (event.amount_minor or 0)
        if amount > left:
            raise ValueError(f"events: {amount} is withdrawn and {left} is there")
        left -= amount
        if terms.kind == "notice":
            pieces += _noticed(terms, amount, start, event.value_date, notices)
        else:
            pieces += term_withdrawal(
                amount, opened=start, term_months=terms.term_months or 0,
                rate_ppm=terms.annual_rate_ppm, on=event.value_date,
                demand_rate_ppm=terms.demand_rate_ppm,
            )  # fmt: skip
    return [_piece(piece) for piece in pieces + _matured(terms, left, start, scenario.as_of)]


def _matured(
    terms: DepositTerms, left: int, start: datetime.date, as_of: datetime.date
) -> list[Interest]:
    """Terms that ended with the money still there."""
    if terms.kind != "term" or not left or terms.term_months is None:
        return []
    ended = 0
    while ended < 1_000 and maturity(start, terms.term_months * (ended + 1)) <= as_of:
        ended += 1
    if terms.rollover == "none":
        ended = min(ended, 1)
    found = rolled_over(
        left, opened=start, term_months=terms.term_months,
        listed_rates_ppm=[terms.annual_rate_ppm] * ended,
        with_interest=terms.rollover == "principal_and_interest",
    )  # fmt: skip
    return [each.interest for each in found]


def _noticed(
    terms: DepositTerms, amount: int, start: datetime.date, on: datetime.date,
    notices: list[DepositEvent],
) -> tuple[Interest, ...]:  # fmt: skip
    given = next((each for each in notices if each.draw_on == on), None)
    notice = None
    if given is not None and given.draw_on is not None:
        notice = Notice(
            given_on=given.value_date, draw_on=given.draw_on, amount_minor=given.amount_minor or 0
        )
    assert terms.notice_days is not None
    return notice_withdrawal(
        NoticeTerms(notice_days=terms.notice_days, minimum_draw_minor=terms.minimum_draw_minor),
        amount, opened=start, on=on, notice=notice, notice_rate_ppm=terms.annual_rate_ppm,
        demand_rate_ppm=terms.demand_rate_ppm,
    )  # fmt: skip


def _demand(scenario: DepositScenario, events: list[DepositEvent]) -> list[dict[str, object]]:
    terms = scenario.terms
    sign = {"deposit": 1, "withdrawal": -1}
    moves = [
        (event.value_date, sign[event.kind] * (event.amount_minor or 0))
        for event in events
        if event.kind in sign
    ]
    if not moves:
        raise ValueError("events: nothing was paid in")
    rates = {min(day for day, _ in moves): terms.annual_rate_ppm}
    rates |= {e.value_date: e.annual_rate_ppm or 0 for e in events if e.kind == "rate_set"}
    tiers = [Tier(from_minor=t.from_minor, annual_rate_ppm=t.annual_rate_ppm) for t in terms.tiers]
    if terms.kind == "agreement" and terms.base_minor is not None:
        tiers = [
            Tier(from_minor=0, annual_rate_ppm=terms.demand_rate_ppm),
            Tier(from_minor=terms.base_minor, annual_rate_ppm=terms.annual_rate_ppm),
        ]
    closed = next((event.value_date for event in events if event.kind == "close"), None)
    found = demand_deposit(
        moves, rates, scenario.as_of, mode=terms.rate_mode, tiers=tiers, closed_on=closed,
        base_unit_minor=100 if terms.interest_base == "yuan" else 1,
    )  # fmt: skip
    pieces = [*found.settlements, *([found.accrued] if found.accrued else [])]
    return [
        {
            "reason": "accrued" if piece is found.accrued else "settled",
            "from_date": piece.from_date.isoformat(),
            "to_date": piece.to_date.isoformat(),
            "balance_days": piece.balance_days,
            "interest_minor": piece.interest_minor,
        }
        for piece in pieces
    ]


def _piece(piece: Interest) -> dict[str, object]:
    return {
        "reason": piece.reason,
        "from_date": piece.from_date.isoformat(),
        "to_date": piece.to_date.isoformat(),
        "principal_minor": piece.principal_minor,
        "annual_rate_ppm": piece.annual_rate_ppm,
        "thirtieths": piece.thirtieths,
        "interest_minor": piece.interest_minor,
    }
