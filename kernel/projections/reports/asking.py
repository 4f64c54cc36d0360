"""What every report is given, and what it gives back.

Parameters are a struct a report; they come as text by name, from a command line or a message.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from kernel.common.refusals import InvalidInput
from kernel.eventstore.log import Log
from kernel.projections.queries.reading import Reader
from kernel.reporting.table import Parts, Table


class Sources(NamedTuple):
    """What reports are made from: the read models and the log."""

    reader: Reader
    log: Log


class Clocks(msgspec.Struct, frozen=True, kw_only=True):
    """The day and the log position to answer for; None: the business date, all that is known."""

    as_of: datetime.date | None = None
    known_at: int | None = None


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the parameters of a report; without fields it takes none."""


class Answer(NamedTuple):
    """Columns and rows, with the clocks that the answer is for."""

    as_of: datetime.date
    known_at: int
    parts: Parts


class Report(NamedTuple):
    """One report. ``make`` refuses Unanswerable, and what it looks for and does not find."""

    name: str
    says: str
    parameters: type[Parameters]
    make: Callable[[Sources, Any, Clocks], Answer]

    def ask(self, sources: Sources, raw: Mapping[str, str], clocks: Clocks) -> Table:
        """The table. Raises InvalidInput for parameters that are wrong, a Refusal as ``make``."""
        made = self.make(sources, checked(self.parameters, raw), clocks)
        columns, rows = made.parts
        return Table(
            name=self.name,
            as_of=made.as_of,
            known_at=made.known_at,
            columns=tuple(columns),
            rows=tuple(tuple(row) for row in rows),
        )


def checked(kind: type[Parameters], raw: Mapping[str, str]) -> Parameters:
    """Parameters from text; raises InvalidInput with the name that is wrong."""
    unknown = sorted(set(raw) - set(kind.__struct_fields__))
    if unknown:
        known = ", ".join(kind.__struct_fields__) or "none"
        raise InvalidInput((f"parameters.{unknown[0]}", f"is no parameter; known are {known}"))
    for field in msgspec.structs.fields(kind):
        if field.required and field.name not in raw:
            raise InvalidInput((f"parameters.{field.name}", "must be given"))
    try:
        return msgspec.convert(dict(raw), kind, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        where = path.rstrip("`").removeprefix("$.") or "$"
        raise InvalidInput((f"parameters.{where}", reason)) from None
