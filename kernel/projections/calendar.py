"""Read model of business dates: which days were opened, and how far accepted facts reach.

``horizons`` holds a row whenever a booking or value date goes beyond every earlier one; the last
row at a position tells up to which day a question can be answered.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from kernel.business_date.events import BusinessDateAdvanced, BusinessDateOpened
from kernel.common.facts import Fact
from kernel.projections import bulk
from kernel.projections.model import Model, day, whole


class Calendar(Model):
    """Business dates and horizons."""

    name = "calendar"

    def __init__(self, prefix: str = "") -> None:
        super().__init__(prefix)
        self.business_dates = self._table("business_dates", whole("position", key=True), day("day"))
        self.horizons = self._table("horizons", whole("position", key=True), day("day"))

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """Note each opened business date and each new furthest day."""
        furthest = connection.scalar(select(func.max(self.horizons.c.day)))
        dates: list[bulk.Row] = []
        horizons: list[bulk.Row] = []
        for fact in facts:
            reach = max(fact.booking_date, fact.value_date)
            if isinstance(fact.event, BusinessDateOpened | BusinessDateAdvanced):
                dates.append((fact.position, fact.event.date))
                reach = max(reach, fact.event.date)
            if furthest is None or reach > furthest:
                furthest = reach
                horizons.append((fact.position, reach))
        bulk.insert(connection, self.business_dates, dates)
        bulk.insert(connection, self.horizons, horizons)
