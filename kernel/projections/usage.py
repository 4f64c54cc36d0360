"""Read model of cap usage: what counted against the caps of class Ⅱ and Ⅲ accounts, by day.

Units: whole minor units. Sign: use positive; given back by a reversal negative, on the day on which
the original counted.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from kernel.projections import bulk
from kernel.projections.model import Model, day, text, whole
from kernel.projections.round import Facts


class Usage(Model):
    """One row per account, direction, day and event."""

    name = "usage"

    def __init__(self, prefix: str = "") -> None:
        super().__init__(prefix)
        self.uses = self._table(
            "account_usage",
            text("account_id", key=True),
            text("direction", key=True),
            day("day", key=True),
            whole("position", key=True),
            whole("amount_minor"),
        )

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Insert the uses of each fact."""
        used: dict[tuple[str, str, date, int], int] = {}
        for fact, uses in facts.cap_uses:
            for use in uses:
                key = (use.account, str(use.direction), use.on or fact.booking_date, fact.position)
                used[key] = used.get(key, 0) + use.amount_minor
        bulk.insert(connection, self.uses, [(*key, minor) for key, minor in used.items()])
