"""The five classes (五级分类): floors by triggers, contagion, observation and cure.

A class is computed from a loan's conduct up to a day and from nothing that was stored: the worst of
all floors, unless an approved override is worse. It is the same whatever order events arrived in.

Units: whole minor units, days; ``*_bp`` basis points.
Source: 商业银行金融资产风险分类办法 (order 1 of 2023).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from enum import IntEnum

import msgspec

from kernel.common.day_count import shifted
from kernel.common.policy import PolicyTable
from kernel.grading.policy import POLICY

WHOLE_BP = 10_000


class Grade(IntEnum):
    """The class, best first."""

    NORMAL = 1
    SPECIAL_MENTION = 2
    SUBSTANDARD = 3
    DOUBTFUL = 4
    LOSS = 5

    @property
    def is_non_performing(self) -> bool:
        """Whether the loan counts as non-performing (不良)."""
        return self >= Grade.SUBSTANDARD


class Spell(msgspec.Struct, frozen=True):
    """Days in arrears: from the oldest unpaid due date until the day all was paid, if it was."""

    since: datetime.date
    ended: datetime.date | None = None

    def days(self, on: datetime.date) -> int:
        """Days past due at the end of the spell, or on the day while it lasts."""
        return max(0, ((self.ended or on) - self.since).days)


class Conduct(msgspec.Struct, frozen=True, kw_only=True):
    """What grading needs to know of one loan on a day; made by the loans' fold.

    ``due_dates`` are those of its instalments, ascending. ``restructured_on`` are the days of
    restructurings of a debtor in difficulty. ``floors`` are set by people: reason to grade.
    """

    loan_id: str
    debtor_id: str
    is_retail: bool
    exposure_minor: int
    days_past_due: int = 0
    spells: tuple[Spell, ...] = ()
    due_dates: tuple[datetime.date, ...] = ()
    restructured_on: tuple[datetime.date, ...] = ()
    is_impaired: bool = False
    expected_loss_bp: int = 0
    floors: Mapping[str, Grade] = {}


class Graded(msgspec.Struct, frozen=True, kw_only=True):
    """The class of a loan with the triggers that set it."""

    loan_id: str
    grade: Grade
    reasons: tuple[str, ...]


def grades(
    conducts: Iterable[Conduct], on: datetime.date, policy: PolicyTable = POLICY
) -> dict[str, Graded]:
    """The class of every loan on a day, contagion between the loans of a debtor included."""
    own = {one.loan_id: (one, own_grade(one, on, policy)) for one in conducts}
    by_debtor: dict[str, list[tuple[Conduct, Graded]]] = {}
    for conduct, graded in own.values():
        if not conduct.is_retail:
            by_debtor.setdefault(conduct.debtor_id, []).append((conduct, graded))
    found = {loan_id: graded for loan_id, (_, graded) in own.items()}
    for loans in by_debtor.values():
        found |= _with_contagion(loans, on, policy)
    return found


def _with_contagion(
    loans: list[tuple[Conduct, Graded]], on: datetime.date, policy: PolicyTable
) -> dict[str, Graded]:
    """All loans of a debtor, none better than contagion lets it be."""
    floor = contagion(((conduct.exposure_minor, each.grade) for conduct, each in loans), on, policy)
    return {
        conduct.loan_id: _at_least(graded, floor, "debtor's other loans are non-performing")
        for conduct, graded in loans
    }


def contagion(
    loans: Iterable[tuple[int, Grade]], on: datetime.date, policy: PolicyTable = POLICY
) -> Grade:
    """The best class that any loan of a debtor who is no retail one may have.

    ``loans`` are all of the debtor's, each by its exposure and its class by its own conduct.

    >>> loans = [(101, Grade.SUBSTANDARD), (899, Grade.NORMAL)]
    >>> contagion(loans, datetime.date(2026, 3, 2)).name
    'SUBSTANDARD'
    """
    whole = bad = 0
    for exposure_minor, grade in loans:
        whole += exposure_minor
        bad += exposure_minor if grade.is_non_performing else 0
    if not bad:
        return Grade.NORMAL
    spreads = bad * WHOLE_BP > whole * policy.value("grade.contagion_bp", on)
    return Grade.SUBSTANDARD if spreads else Grade.SPECIAL_MENTION


def _at_least(graded: Graded, floor: Grade, reason: str) -> Graded:
    if graded.grade >= floor:
        return graded
    return Graded(loan_id=graded.loan_id, grade=floor, reasons=(*graded.reasons, reason))


def own_grade(conduct: Conduct, on: datetime.date, policy: PolicyTable = POLICY) -> Graded:
    """The class by the loan's own conduct: the worst of its floors."""
    floors = [
        *_by_arrears(conduct, on, policy),
        *_by_loss(conduct, on, policy),
        *_by_history(conduct, on, policy),
        *((grade, reason) for reason, grade in conduct.floors.items()),
    ]
    grade = max((floor for floor, _ in floors), default=Grade.NORMAL)
    reasons = tuple(reason for floor, reason in floors if floor == grade)
    return Graded(loan_id=conduct.loan_id, grade=grade, reasons=reasons)


def grade_by_days(days: int, on: datetime.date, policy: PolicyTable = POLICY) -> Grade:
    """The floor that days past due alone set.

    >>> [grade_by_days(days, datetime.date(2026, 3, 2)).name for days in (7, 8, 90, 91, 271, 361)]
    ['NORMAL', 'SPECIAL_MENTION', 'SPECIAL_MENTION', 'SUBSTANDARD', 'DOUBTFUL', 'LOSS']
    """
    for key, grade in (
        ("grade.loss_over_days", Grade.LOSS),
        ("grade.doubtful_over_days", Grade.DOUBTFUL),
        ("grade.substandard_over_days", Grade.SUBSTANDARD),
        ("grade.technical_overdue_days", Grade.SPECIAL_MENTION),
    ):
        if days > policy.value(key, on):
            return grade
    return Grade.NORMAL


def _by_arrears(
    conduct: Conduct, on: datetime.date, policy: PolicyTable
) -> Iterable[tuple[Grade, str]]:
    grade = grade_by_days(conduct.days_past_due, on, policy)
    if grade > Grade.NORMAL:
        yield grade, f"{conduct.days_past_due} days past due"


def _by_loss(
    conduct: Conduct, on: datetime.date, policy: PolicyTable
) -> Iterable[tuple[Grade, str]]:
    if not conduct.is_impaired:
        return
    yield Grade.SUBSTANDARD, "credit-impaired"
    for key, grade in (
        ("grade.loss_loss_bp", Grade.LOSS),
        ("grade.doubtful_loss_bp", Grade.DOUBTFUL),
    ):
        if conduct.expected_loss_bp >= policy.value(key, on):
            yield grade, f"expected loss of {conduct.expected_loss_bp} bp"
            return


def _by_history(
    conduct: Conduct, on: datetime.date, policy: PolicyTable
) -> Iterable[tuple[Grade, str]]:
    """A loan that was non-performing stays so until it is cured; a restructured one is observed."""
    bad_until = non_performing_until(conduct, on, policy)
    if bad_until is not None and not is_cured(conduct, bad_until, on, policy):
        yield Grade.SUBSTANDARD, f"not cured since {bad_until}"
    observed_from = observation_from(conduct, on)
    if observed_from is None:
        return
    if is_observed(conduct, observed_from, on, policy):
        days = [day for day in conduct.restructured_on if day <= on]
        if _restructured_while_observed(conduct, days, policy):
            yield Grade.SUBSTANDARD, "restructured again while observed"
        yield Grade.SPECIAL_MENTION, f"observed since {observed_from}"


def non_performing_until(
    conduct: Conduct, on: datetime.date, policy: PolicyTable = POLICY
) -> datetime.date | None:
    """The last day on which arrears alone made the loan non-performing; None if they never did."""
    over = policy.value("grade.substandard_over_days", on)
    bad = [spell.ended or on for spell in conduct.spells if spell.days(on) > over]
    return max(bad, default=None)


def is_cured(
    conduct: Conduct, since: datetime.date, on: datetime.date, policy: PolicyTable = POLICY
) -> bool:
    """No arrears now, and on-time payment for the longer of the periods and the months."""
    if conduct.days_past_due:
        return False
    late = [spell.ended or on for spell in conduct.spells if spell.since > since]
    clean_from = max([since, *late])
    periods = [day for day in conduct.due_dates if clean_from < day <= on]
    enough_periods = len(periods) >= policy.value("grade.upgrade_periods", on)
    return enough_periods and on >= months_later(
        clean_from, policy.value("grade.upgrade_months", on)
    )


def observation_from(conduct: Conduct, on: datetime.date) -> datetime.date | None:
    """Since when the observation runs: the last restructuring, or a missed payment after it."""
    past = [day for day in conduct.restructured_on if day <= on]
    if not past:
        return None
    missed = [spell.since for spell in conduct.spells if past[-1] < spell.since <= on]
    return max([past[-1], *missed])


def is_observed(
    conduct: Conduct, since: datetime.date, on: datetime.date, policy: PolicyTable = POLICY
) -> bool:
    """Whether the observation (重组观察期) lasts: not yet the periods, or not yet the months.

    It is counted from the first due date after its start.
    """
    due = [day for day in conduct.due_dates if day > since]
    if not due:
        return True
    passed = [day for day in due if day <= on]
    enough = len(passed) >= policy.value("grade.observation_periods", on)
    return not (enough and on >= months_later(due[0], policy.value("grade.observation_months", on)))


def _restructured_while_observed(
    conduct: Conduct, days: list[datetime.date], policy: PolicyTable
) -> bool:
    """Whether the last restructuring fell into the observation of the one before."""
    if len(days) < 2:
        return False
    before = msgspec.structs.replace(conduct, restructured_on=tuple(days[:-1]))
    since = observation_from(before, days[-1])
    return since is not None and is_observed(before, since, days[-1], policy)


def months_later(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months later, or the last day of a shorter month."""
    return datetime.date.fromordinal(shifted(day.toordinal(), months))
