"""Customer tags (客户标签) in four classes, each a pure figure of a customer's facts on a day.

Nothing is stored: the tags of a past day follow from what was known and value-dated by then. A tag
that has no value is None.

Units: as the tag's name says; ``*_minor`` whole minor units, ``*_bp`` basis points, else days or
counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import StrEnum

import msgspec

from kernel.reporting.customer_view import WHOLE_BP, CustomerView, days_between
from kernel.reporting.table import Cell, Parts


class TagClass(StrEnum):
    """The four classes."""

    BASIC = "basic"
    BEHAVIOUR = "behaviour"
    VALUE = "value"
    RISK = "risk"


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Where a figure becomes a word; the bank's own."""

    version: str = "standard.v1"
    new_days: int = 90
    mature_days: int = 730
    sleeping_days: int = 180
    decline_bp: int = 3_000
    large_inflow_minor: int = 5_000_000
    salary_purposes: tuple[str, ...] = ("SALARY", "PAYROLL")


STANDARD = Thresholds()
Make = Callable[[CustomerView, Thresholds], Cell]


class Tag(msgspec.Struct, frozen=True):
    """One tag: its name, class, meaning, and how it is made."""

    name: str
    tag_class: TagClass
    says: str
    make: Make


def _life_cycle(view: CustomerView, at: Thresholds) -> str:
    """new, growing, mature, declining, sleeping, or without an account."""
    live = [one for one in view.holdings if one.status != "CLOSED"]
    if not view.holdings:
        return "prospect"
    if not live:
        return "lost"
    age = (view.on - view.registered_on).days
    if age <= at.new_days:
        return "new"
    if not any(True for _ in view.movements(at.sleeping_days)):
        return "sleeping"
    before = view.average_minor(180) * 2 - view.average_minor(90)
    if before > 0 and view.average_minor(90) * WHOLE_BP < before * (WHOLE_BP - at.decline_bp):
        return "declining"
    return "mature" if age >= at.mature_days else "growing"


def _count(view: CustomerView, days: int) -> int:
    return sum(1 for _ in view.movements(days))


def _last(view: CustomerView, *, into: bool | None = None) -> Cell:
    days = (one.day for one in view.movements() if into is None or (one.amount_minor > 0) is into)
    return days_between(max(days, default=None), view.on)


def _main_channel(view: CustomerView, at: Thresholds) -> Cell:
    found = Counter(one.channel for one in view.movements(90) if one.channel)
    return min(found, key=lambda name: (-found[name], name)) if found else None


def _kept_bp(view: CustomerView, at: Thresholds) -> Cell:
    """Of the money that came in, how much the customer left with the bank."""
    came = view.flow_minor(90, into=True)
    kept = max(0, came - view.flow_minor(90, into=False))
    return kept * WHOLE_BP // came if came else None


def _salary(view: CustomerView, at: Thresholds) -> int:
    return sum(
        one.amount_minor
        for one in view.movements(90)
        if one.amount_minor > 0 and one.purpose in at.salary_purposes
    )


def _on_time_bp(view: CustomerView, at: Thresholds) -> Cell:
    """Due dates on which no arrears began, among those that have come."""
    due = late = 0
    for one in view.borrowings:
        days = [day for day in one.due_dates if day <= view.on]
        due += len(days)
        began = [first for first, _ in one.spells]
        late += (
            sum(
                any(first <= day and (end is None or day < end) for first, end in one.spells)
                for day in days
            )
            if began
            else 0
        )
    return (due - late) * WHOLE_BP // due if due else None


def _last_arrears(view: CustomerView, at: Thresholds) -> Cell:
    ends = [end or view.on for one in view.borrowings for _, end in one.spells]
    return days_between(max(ends, default=None), view.on)


def _worst(name: str) -> Make:
    return lambda view, at: max(
        (int(getattr(one.line, name)) for one in view.borrowings), default=None
    )


def _loans(name: str) -> Make:
    return lambda view, at: view.loans_minor(lambda line: int(getattr(line, name)))


def _purposes(view: CustomerView) -> int:
    return len({one.counter for one in view.movements(90) if one.counter})


B, H, V, R = TagClass.BASIC, TagClass.BEHAVIOUR, TagClass.VALUE, TagClass.RISK
TAGS: tuple[Tag, ...] = (
    Tag("kind", B, "person or organisation", lambda view, at: view.kind),
    Tag("level", B, "how well identified", lambda view, at: view.level),
    Tag("branch", B, "branch that keeps the customer", lambda view, at: view.branch_id),
    Tag("tenure_days", B, "days since registration",
        lambda view, at: (view.on - view.registered_on).days),
    Tag("life_cycle", B, "prospect to lost", _life_cycle),
    Tag("has_mobile", B, "a mobile number is known", lambda view, at: view.has_mobile),
    Tag("relations", B, "customers related to this one", lambda view, at: view.relations),
    Tag("accounts", B, "accounts not closed",
        lambda view, at: sum(one.status != "CLOSED" for one in view.holdings)),
    Tag("best_account_class", B, "highest class of an open account",
        lambda view, at: min((o.account_class for o in view.holdings if o.status != "CLOSED"),
                             default=None)),
    Tag("products", B, "different products held",
        lambda view, at: len({o.product_id for o in view.holdings if o.status != "CLOSED"}
                             | {o.line.product_id for o in view.borrowings
                                if o.line.principal_minor})),
    Tag("is_borrower", B, "owes principal",
        lambda view, at: any(one.line.principal_minor for one in view.borrowings)),
    Tag("movements_30d", H, "movements of 30 days", lambda view, at: _count(view, 30)),
    Tag("movements_90d", H, "movements of 90 days", lambda view, at: _count(view, 90)),
    Tag("active_days_90d", H, "days with a movement among 90",
        lambda view, at: len({one.day for one in view.movements(90)})),
    Tag("days_since_movement", H, "days since the last movement", lambda view, at: _last(view)),
    Tag("days_since_inflow", H, "days since money came", lambda view, at: _last(view, into=True)),
    Tag("inflow_90d_minor", H, "money in, 90 days",
        lambda view, at: view.flow_minor(90, into=True)),
    Tag("outflow_90d_minor", H, "money out, 90 days",
        lambda view, at: view.flow_minor(90, into=False)),
    Tag("kept_bp", H, "share of inflow that stayed, 90 days", _kept_bp),
    Tag("largest_inflow_90d_minor", H, "largest single inflow",
        lambda view, at: max((o.amount_minor for o in view.movements(90) if o.amount_minor > 0),
                             default=None)),
    Tag("has_large_inflow", H, "an inflow beyond the threshold in 30 days",
        lambda view, at: any(o.amount_minor >= at.large_inflow_minor for o in view.movements(30))),
    Tag("main_channel", H, "channel used most, 90 days", _main_channel),
    Tag("counterparties_90d", H, "different accounts paid or paying",
        lambda view, at: _purposes(view)),
    Tag("salary_90d_minor", H, "wages received, 90 days", _salary),
    Tag("is_payroll", H, "receives wages", lambda view, at: _salary(view, at) > 0),
    Tag("deposits_minor", V, "balance of all accounts", lambda view, at: view.balance_minor()),
    Tag("deposits_avg_30d_minor", V, "average balance, 30 days",
        lambda view, at: view.average_minor(30)),
    Tag("deposits_avg_90d_minor", V, "average balance, 90 days",
        lambda view, at: view.average_minor(90)),
    Tag("deposits_peak_90d_minor", V, "highest balance, 90 days",
        lambda view, at: view.peak_minor(90)),
    Tag("borrowed_minor", V, "principal ever lent", _loans("original_minor")),
    Tag("loans_minor", V, "principal owed", _loans("principal_minor")),
    Tag("interest_paid_minor", V, "interest paid on loans",
        lambda view, at: sum(one.interest_paid_minor for one in view.borrowings)),
    Tag("loans", V, "loans with principal owed",
        lambda view, at: sum(one.line.principal_minor > 0 for one in view.borrowings)),
    Tag("days_past_due", R, "days past due now, worst loan", _worst("days_past_due")),
    Tag("worst_past_due_90d", R, "longest arrears in 90 days",
        lambda view, at: view.worst_days_past_due(90)),
    Tag("worst_past_due_365d", R, "longest arrears in 365 days",
        lambda view, at: view.worst_days_past_due(365)),
    Tag("days_since_arrears", R, "days since arrears last stood", _last_arrears),
    Tag("on_time_bp", R, "due dates met on time", _on_time_bp),
    Tag("worst_grade", R, "worst class of a loan, 1 to 5", _worst("grade")),
    Tag("worst_stage", R, "worst stage of a loan, 1 to 3", _worst("stage")),
    Tag("overdue_minor", R, "principal overdue", _loans("overdue_minor")),
    Tag("allowance_minor", R, "allowance for the loans", _loans("allowance_minor")),
    Tag("was_restructured", R, "relief in difficulty was given",
        lambda view, at: any(one.restructured_on for one in view.borrowings)),
    Tag("restraints", R, "restraints that bind", lambda view, at: view.restraints),
)  # fmt: skip


def tags(view: CustomerView, thresholds: Thresholds = STANDARD) -> Parts:
    """A row a tag."""
    columns = ("class", "tag", "value", "says", "version")
    return columns, [
        (tag.tag_class.value, tag.name, _text(tag.make(view, thresholds)), tag.says,
         thresholds.version)
        for tag in TAGS
    ]  # fmt: skip


def _text(value: Cell) -> str | None:
    """One column holds words, days and amounts alike."""
    if value is None:
        return None
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
