"""Read model of business dates: which days were opened, and how far accepted facts reach.

``horizons`` holds a row whenever a booking or value date goes beyond every earlier one; the last
row at a position tells up to which day a question can be answered.
"""

from __future__ import annotations

import datetime

from sqlalchemy import Connection, select

from kernel.business_date.events import BusinessDateAdvanced, BusinessDateOpened
from kernel.projections import bulk
from kernel.projections.model import Model, day, whole
from kernel.projections.round import Facts


class Calendar(Model):
    """Business dates and horizons."""

    name = "calendar"

    def __init__(self, prefix: str = "") -> None:
        super().__init__(prefix)
        self.business_dates = self._table("business_dates", whole("position", key=True), day("day"))
        self.horizons = self._table("horizons", whole("position", key=True), day("day"))

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Note each opened business date and each new furthest day."""
        days = facts.of(BusinessDateOpened, BusinessDateAdvanced)
        opened = {fact.position: fact.event.date for fact in days}  # type: ignore[attr-defined]
        last = select(self.horizons.c.day).order_by(self.horizons.c.position.desc()).limit(1)
        furthest = connection.scalar(last) or datetime.date.min
        horizons: list[bulk.Row] = []
        for fact in facts:
            reach = max(fact.booking_date, fact.value_date)
            if opened and fact.position in opened:
                reach = max(reach, opened[fact.position])
            if reach > furthest:
                furthest = reach
                horizons.append((fact.position, reach))
        bulk.insert(connection, self.business_dates, list(opened.items()))
        bulk.insert(connection, self.horizons, horizons)
