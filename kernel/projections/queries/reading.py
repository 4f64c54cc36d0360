"""How every question is asked: at one moment, up to a known position, within days that are known.

``known_at`` is a log position (None: as far as the read models asked are). ``as_of`` is a day:
value date for balances, statements and customers; booking date for the ledger. Outside what is
known the question is refused with UNANSWERABLE.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select, text

from kernel.projections import positions
from kernel.projections.model import Model
from kernel.projections.models import READ_MODELS, ReadModels
from kernel.projections.refusals import Unanswerable


@dataclass(frozen=True)
class View:
    """The read models at one moment, known up to position ``known_at``.

    ``is_latest`` says that nothing beyond ``known_at`` is in the models asked.
    """

    connection: Connection
    models: ReadModels
    known_at: int
    is_latest: bool

    def first_day(self) -> datetime.date:
        """The first business date. Refuses Unanswerable before there is one."""
        dates = self.models.calendar.business_dates.c
        return self._day(func.min(dates.day), dates.position)

    def business_date(self) -> datetime.date:
        """The open business date. Refuses Unanswerable before there is one."""
        dates = self.models.calendar.business_dates.c
        return self._day(func.max(dates.day), dates.position)

    def furthest_day(self) -> datetime.date:
        """The furthest day to which accepted facts reach, by booking or value date."""
        horizons = self.models.calendar.horizons.c
        return self._day(func.max(horizons.day), horizons.position)

    def value_day(self, as_of: datetime.date | None) -> datetime.date:
        """The value date to answer for; None means the open business date.

        Refuses Unanswerable outside first business date .. furthest day.
        """
        return self._within(as_of, self.furthest_day())

    def booking_day(self, as_of: datetime.date | None) -> datetime.date:
        """The booking date to answer for; None means the open business date.

        Refuses Unanswerable outside first .. open business date.
        """
        return self._within(as_of, self.business_date())

    def _within(self, as_of: datetime.date | None, last: datetime.date) -> datetime.date:
        if as_of is None:
            return self.business_date()
        first = self.first_day()
        if as_of < first:
            raise Unanswerable(
                question="A day before the first business date",
                asked=as_of.isoformat(),
                limit=first.isoformat(),
            )
        if as_of > last:
            raise Unanswerable(
                question="A day beyond what was accepted",
                asked=as_of.isoformat(),
                limit=last.isoformat(),
            )
        return as_of

    def _day(self, what: object, position: object) -> datetime.date:
        found = self.connection.scalar(
            select(what).where(position <= self.known_at)  # type: ignore[call-overload,operator]
        )
        if found is None:
            raise Unanswerable(
                question="A question before the first business date",
                asked=self.known_at,
                limit=0,
            )
        assert isinstance(found, datetime.date)
        return found


class Reader:
    """Opens views on the read models of one ledger."""

    def __init__(self, engine: Engine, models: ReadModels = READ_MODELS) -> None:
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self.models = models

    @contextmanager
    def at(self, known_at: int | None, *models: Model) -> Iterator[View]:
        """A view over the models (the calendar is always among them), whole at one moment.

        Refuses Unanswerable for a position that is negative or not projected yet.
        """
        asked = {model.key: model for model in (self.models.calendar, *models)}
        tables = sorted(table.name for model in asked.values() for table in model.tables)
        with self._engine.begin() as connection:
            # Locking comes before the snapshot: a rebuild cannot swap tables under this view.
            connection.execute(text(f"LOCK TABLE {', '.join(tables)} IN ACCESS SHARE MODE"))
            standings = positions.standings(connection, asked)
            reached = [standings[key].position if key in standings else 0 for key in asked]
            projected = min(reached)
            if known_at is not None and not 0 <= known_at <= projected:
                raise Unanswerable(
                    question="A log position that is not projected",
                    asked=known_at,
                    limit=projected,
                )
            effective = projected if known_at is None else known_at
            yield View(connection, self.models, effective, effective == max(reached))
