"""Due dates of what repeats: every so many days or months, the anchor day kept.

Units: calendar days. A month too short for the anchor day has its last day instead; the next month
long enough has the anchor day again.
"""

from __future__ import annotations

import calendar
import datetime

from kernel.payments.commands import Every


def due_date(
    first_on: datetime.date, every: Every, interval: int, times: int
) -> datetime.date | None:
    """The due date after ``times`` steps from the first; None behind the calendar's end.

    >>> first_on = datetime.date(2026, 1, 31)
    >>> [str(due_date(first_on, Every.MONTHS, 1, times)) for times in range(3)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    if every is Every.DAYS:
        ordinal = first_on.toordinal() + times * interval
        last = datetime.date.max.toordinal()
        return datetime.date.fromordinal(ordinal) if ordinal <= last else None
    year, month0 = divmod(first_on.year * 12 + first_on.month - 1 + times * interval, 12)
    if year > datetime.MAXYEAR:
        return None
    days = calendar.monthrange(year, month0 + 1)[1]
    return datetime.date(year, month0 + 1, min(first_on.day, days))


def next_due(
    first_on: datetime.date,
    every: Every,
    interval: int,
    last_on: datetime.date | None,
    after: datetime.date | None,
) -> datetime.date | None:
    """The first due date behind ``after`` (None: the very first), or None when there is none.

    >>> next_due(datetime.date(2026, 1, 31), Every.MONTHS, 1, None, datetime.date(2026, 2, 28))
    datetime.date(2026, 3, 31)
    """
    times = 0
    if after is not None and after >= first_on:
        if every is Every.DAYS:
            times = (after - first_on).days // interval + 1
        else:
            months = (after.year - first_on.year) * 12 + after.month - first_on.month
            times = months // interval
    due_on = due_date(first_on, every, interval, times)
    if due_on is not None and after is not None and due_on <= after:
        due_on = due_date(first_on, every, interval, times + 1)
    if due_on is None or (last_on is not None and due_on > last_on):
        return None
    return due_on
