"""Schedules of many level or even repayments at once: int64 arrays in, int64 arrays out.

One source for both speeds: interpreted as it stands, or compiled by Cython with the types of
``schedules.pxd``. Products have 128 bits when compiled and no bound when interpreted; an input
that could leave them raises OverflowError before anything is written, so nothing ever wraps.
Rounding is half-up. The part of one period is ``numerator / denominator`` of the balance.
"""

from __future__ import annotations

from typing import Any

import cython

Buffer = Any
"""A buffer of int64: ``array("q")`` or a numpy array."""
LIMIT = 2**62
"""Every figure is below it, so that its double fits in 64 bits."""
NARROW = 2**60
"""Balance × numerator up to here needs no 128-bit product."""


def compiled() -> bool:
    """Whether the compiled module is in use.

    >>> compiled() in (True, False)
    True
    """
    return bool(cython.compiled)


def level_rows(
    balances: Buffer,
    payments: Buffer,
    numerators: Buffer,
    denominators: Buffer,
    rows: int,
    principal: Buffer,
    interest: Buffer,
    after: Buffer,
) -> None:
    """Rows of schedules with a level payment; row k of loan i stands at ``i * rows + k``.

    ``interest = round(balance * numerator / denominator)``, ``principal = payment - interest``
    within 0 and the balance, the last row takes the rest. The first four are int64 buffers of one
    length m, the last three of length m × rows. Raises ValueError for lengths that do not fit and
    OverflowError for figures out of bounds.

    >>> from array import array
    >>> out = [array("q", [0, 0]) for _ in range(3)]
    >>> level_rows(array("q", [1000]), array("q", [505]), array("q", [1]), array("q", [100]), 2,
    ...            *out)
    >>> [each.tolist() for each in out]
    [[495, 505], [10, 5], [505, 0]]
    """
    _check(balances, payments, numerators, denominators, rows, principal, interest, after)
    _fill(balances, payments, numerators, denominators, rows, principal, interest, after, True)


def even_rows(
    balances: Buffer,
    parts: Buffer,
    numerators: Buffer,
    denominators: Buffer,
    rows: int,
    principal: Buffer,
    interest: Buffer,
    after: Buffer,
) -> None:
    """Rows of schedules with even principal: as ``level_rows``, but ``parts`` are the principal.

    >>> from array import array
    >>> out = [array("q", [0, 0]) for _ in range(3)]
    >>> even_rows(array("q", [1001]), array("q", [500]), array("q", [1]), array("q", [100]), 2,
    ...           *out)
    >>> [each.tolist() for each in out]
    [[500, 501], [10, 5], [501, 0]]
    """
    _check(balances, parts, numerators, denominators, rows, principal, interest, after)
    _fill(balances, parts, numerators, denominators, rows, principal, interest, after, False)


def _check(
    balances: Buffer,
    payments: Buffer,
    numerators: Buffer,
    denominators: Buffer,
    rows: int,
    *out: Buffer,
) -> None:
    count = len(balances)
    if rows < 1 or {count} != {len(payments), len(numerators), len(denominators)}:
        raise ValueError(f"{count} balances, {len(payments)} payments, {rows} rows do not fit")
    for each in out:
        if len(each) != count * rows:
            raise ValueError(f"{len(each)} places for {count} schedules of {rows} rows")
    for each in (balances, payments, numerators, denominators):
        if _outside(each, 1 if each is denominators else 0, LIMIT):
            raise OverflowError(f"a figure is below 0, or not below {LIMIT}")


def _outside(values: Buffer, low: int, limit: int) -> bool:
    outside = 0
    for i in range(len(values)):
        outside += values[i] < low or values[i] >= limit
    return outside > 0


def _fill(
    balances: Buffer,
    payments: Buffer,
    numerators: Buffer,
    denominators: Buffer,
    rows: int,
    principal: Buffer,
    interest: Buffer,
    after: Buffer,
    level: bool,
) -> None:
    count = len(balances)
    for i in range(count):
        balance = balances[i]
        payment = payments[i]
        numerator = numerators[i]
        denominator = denominators[i]
        at = i * rows
        narrow = numerator == 0 or balance <= NARROW // numerator
        half = denominator
        whole = denominator + denominator
        for k in range(rows):
            if narrow and whole < NARROW:  # one and the same figure, by cheaper division
                charged = (2 * balance * numerator + half) // whole
            else:
                cost = balance
                cost = cost * numerator
                cost = (cost + cost + half) // whole
                charged = cost
            part = payment - charged if level else payment
            if part < 0:
                part = 0
            if part > balance or k == rows - 1:
                part = balance
            balance = balance - part
            principal[at + k] = part
            interest[at + k] = charged
            after[at + k] = balance


def add_products(balances: Buffer, factors: Buffer, into: Buffer) -> None:
    """``into[i] += balances[i] * factors[i]``: one day's interest, or days, for every balance.

    Int64 buffers of one length; raises ValueError for other lengths. Exact while every product
    and sum stays within int64; the caller bounds its inputs (a balance
    below 2**40 and a factor below 2**20 leave room for eight additions).

    >>> from array import array
    >>> sums = array("q", [1, 2])
    >>> add_products(array("q", [10, 20]), array("q", [3, 4]), sums)
    >>> sums.tolist()
    [31, 82]
    """
    if not len(balances) == len(factors) == len(into):
        raise ValueError(f"{len(balances)}, {len(factors)} and {len(into)} do not fit")
    _add(balances, factors, into)


def _add(balances: Buffer, factors: Buffer, into: Buffer) -> None:
    for i in range(len(balances)):
        into[i] = into[i] + balances[i] * factors[i]
