"""Interest of term, notice and agreement deposits.

Units: whole minor units; rates in ppm a year; each figure is rounded once.
Source: 储蓄管理条例 arts 24 to 26 (early, partial and overdue withdrawal), 银发〔2005〕129号 (whole
months with odd days), 通知存款管理办法 (notice), 人民币单位存款管理办法 (agreement deposits).
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Literal

import msgspec

from kernel.common.day_count import shifted, whole_months
from kernel.common.rounding import Rounding, rounded

MILLION = 10**6
TERM_MONTHS = (3, 6, 12, 24, 36, 60)


class Interest(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of interest and what it was worked out from.

    ``thirtieths`` are days of 360: thirty a whole month and the odd days, or actual days.
    """

    reason: str
    principal_minor: int
    annual_rate_ppm: int
    from_date: datetime.date
    to_date: datetime.date
    thirtieths: int
    interest_minor: int


def _interest(
    reason: str, principal: int, rate_ppm: int, start: datetime.date, end: datetime.date,
    thirtieths: int, rounding: Rounding = Rounding.HALF_UP,
) -> Interest:  # fmt: skip
    return Interest(
        reason=reason,
        principal_minor=principal,
        annual_rate_ppm=rate_ppm,
        from_date=start,
        to_date=end,
        thirtieths=thirtieths,
        interest_minor=rounded(principal * rate_ppm * thirtieths, 360 * MILLION, rounding),
    )


def maturity(opened: datetime.date, term_months: int) -> datetime.date:
    """The same day of the month, or the last day of a shorter month.

    >>> maturity(datetime.date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    return datetime.date.fromordinal(shifted(opened.toordinal(), term_months))


def by_months(
    principal_minor: int, rate_ppm: int, start: datetime.date, end: datetime.date,
    reason: str = "to maturity",
) -> Interest:  # fmt: skip
    """Whole months at a twelfth each, odd days over 360.

    >>> a, b = datetime.date(2007, 2, 28), datetime.date(2007, 8, 28)
    >>> by_months(1_000_000, 27_000, a, b).interest_minor
    13500
    """
    months = whole_months(start.toordinal(), end.toordinal())
    odd = end.toordinal() - shifted(start.toordinal(), months)
    return _interest(reason, principal_minor, rate_ppm, start, end, 30 * months + odd)


def by_days(
    principal_minor: int, rate_ppm: int, start: datetime.date, end: datetime.date,
    reason: str = "demand rate",
) -> Interest:  # fmt: skip
    """Actual days over 360.

    >>> a, b = datetime.date(2007, 2, 28), datetime.date(2007, 8, 28)
    >>> by_days(1_000_000, 27_000, a, b).interest_minor
    13575
    """
    return _interest(reason, principal_minor, rate_ppm, start, end, (end - start).days)


def term_withdrawal(
    amount_minor: int, *, opened: datetime.date, term_months: int, rate_ppm: int,
    on: datetime.date, demand_rate_ppm: int, matures: datetime.date | None = None,
) -> tuple[Interest, ...]:  # fmt: skip
    """Interest on a term deposit, or on the part of one, withdrawn on a day.

    ``matures`` is given for a term whose maturity keeps the day of month of an earlier opening.

    Before maturity: all days at the demand rate of the withdrawal day; a rate by the time held
    (靠档计息) is forbidden. From maturity on: the opening rate for the term, the demand rate for
    the days after it. What is left of a partial withdrawal keeps the opening rate.

    >>> day = datetime.date
    >>> [early] = term_withdrawal(2_000_000, opened=day(2026, 1, 15), term_months=12,
    ...     rate_ppm=11_000, on=day(2026, 7, 20), demand_rate_ppm=500)
    >>> early.interest_minor
    517
    """
    end = matures or maturity(opened, term_months)
    if on < end:
        return (by_days(amount_minor, demand_rate_ppm, opened, on, "early withdrawal"),)
    full = by_months(amount_minor, rate_ppm, opened, end)
    if on == end:
        return (full,)
    return full, by_days(amount_minor, demand_rate_ppm, end, on, "after maturity")


class Rollover(msgspec.Struct, frozen=True, kw_only=True):
    """One term of a deposit that rolls over: its principal, rate, and interest at maturity."""

    number: int
    principal_minor: int
    opened: datetime.date
    matures: datetime.date
    interest: Interest


def rolled_over(
    principal_minor: int, *, opened: datetime.date, term_months: int,
    listed_rates_ppm: Sequence[int], with_interest: bool,
) -> tuple[Rollover, ...]:  # fmt: skip
    """Terms one after another (自动转存), each at the listed rate of its first day."""
    made, start, principal = [], opened, principal_minor
    for number, rate in enumerate(listed_rates_ppm):
        end = maturity(opened, term_months * (number + 1))
        interest = by_months(principal, rate, start, end)
        made.append(
            Rollover(
                number=number, principal_minor=principal, opened=start, matures=end,
                interest=interest,
            )
        )  # fmt: skip
        principal += interest.interest_minor if with_interest else 0
        start = end
    return tuple(made)


class NoticeTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A notice deposit (通知存款): days of notice, and least amounts."""

    notice_days: Literal[1, 7]
    minimum_open_minor: int = 5_000_000
    minimum_draw_minor: int = 5_000_000


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice given: on which day, for which day, and how much."""

    given_on: datetime.date
    draw_on: datetime.date
    amount_minor: int


def notice_withdrawal(
    terms: NoticeTerms, amount_minor: int, *, opened: datetime.date, on: datetime.date,
    notice: Notice | None, notice_rate_ppm: int, demand_rate_ppm: int,
) -> tuple[Interest, ...]:  # fmt: skip
    """Interest on a withdrawal from a notice deposit.

    The notice rate for the notified amount drawn on the appointed day; the demand rate without
    notice, on another day, below the least amount, for a stay shorter than the notice, and for
    what exceeds the notified amount; a shortfall against it earns the demand rate when drawn.
    """
    start = opened
    held = (on - opened).days
    late = notice is None or on != notice.draw_on or held < terms.notice_days
    early = notice is not None and (notice.draw_on - notice.given_on).days < terms.notice_days
    if late or early or notice is None or amount_minor < terms.minimum_draw_minor:
        return (by_days(amount_minor, demand_rate_ppm, start, on, "demand rate: no valid notice"),)
    notified = min(amount_minor, notice.amount_minor)
    found = [by_days(notified, notice_rate_ppm, start, on, "notified amount")]
    if amount_minor > notified:
        rest = amount_minor - notified
        found.append(by_days(rest, demand_rate_ppm, start, on, "beyond the notice"))
    return tuple(found)


def agreement_interest(
    balance_minor: int, days: int, *, base_minor: int, demand_rate_ppm: int, agreed_rate_ppm: int,
) -> tuple[int, int]:  # fmt: skip
    """Interest of an agreement deposit (协定存款): on the base, and on what exceeds it.

    >>> agreement_interest(35_000_000, 30, base_minor=10_000_000, demand_rate_ppm=500,
    ...     agreed_rate_ppm=2_000)
    (417, 4167)
    """
    base = min(balance_minor, base_minor)
    excess = balance_minor - base
    year = 360 * MILLION
    return (
        rounded(base * demand_rate_ppm * days, year),
        rounded(excess * agreed_rate_ppm * days, year),
    )
