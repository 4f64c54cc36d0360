"""Policy as data: every number of a rule is a dated row with its legal basis.

A rule asks with the business date of the decision, never with "now", so a replay picks the row
that was in force. Rows that rest on common knowledge only carry ``verified=False``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import msgspec


class PolicyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One value of one policy, in force from ``effective_from`` until the next row of the key."""

    key: str
    value: int
    effective_from: datetime.date
    legal_basis: str
    verified: bool


class PolicyMissing(LookupError):
    """No row of the key is in force on the day asked: a defect of the policy table."""


class PolicyTable:
    """Dated rows, looked up by key and day.

    >>> row = PolicyRow(key="freeze.police.max_months", value=6, verified=True,
    ...                 effective_from=datetime.date(2020, 1, 1), legal_basis="order 127, art. 240")
    >>> PolicyTable([row]).value("freeze.police.max_months", datetime.date(2026, 1, 1))
    6
    """

    def __init__(self, rows: Iterable[PolicyRow]) -> None:
        self._rows: dict[str, list[PolicyRow]] = {}
        for row in sorted(rows, key=lambda row: row.effective_from, reverse=True):
            self._rows.setdefault(row.key, []).append(row)

    def row(self, key: str, on: datetime.date) -> PolicyRow:
        """The row in force on the day; raises PolicyMissing."""
        for row in self._rows.get(key, ()):
            if row.effective_from <= on:
                return row
        raise PolicyMissing(f"{key} has no row in force on {on}")

    def value(self, key: str, on: datetime.date) -> int:
        """The value in force on the day; raises PolicyMissing."""
        return self.row(key, on).value

    def rows(self) -> list[PolicyRow]:
        """Every row, in the order of keys and days."""
        return [row for key in sorted(self._rows) for row in reversed(self._rows[key])]

    def unverified(self) -> list[PolicyRow]:
        """Rows whose source has not been read; a server lists them at start."""
        return [row for rows in self._rows.values() for row in rows if not row.verified]
