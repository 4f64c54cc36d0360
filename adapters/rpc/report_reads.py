"""Reports and grades over gRPC: a table in pages, each page the same answer.

The tables made last are kept by question and position, so that a later page is not made anew.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import msgspec

from adapters.rpc.questions import (
    At,
    identifier,
    known_position,
    page_size,
    page_start,
    page_token,
)
from kernel.common.refusals import InvalidInput
from kernel.eventstore.log import Log
from kernel.grading.losses import loss_table
from kernel.projections.queries.reading import Reader
from kernel.projections.reports.asking import Clocks, Sources
from kernel.projections.reports.catalogue import REPORTS, report_named
from kernel.projections.reports.one_loan import graded_loan
from kernel.projections.reports.what_if import run_what_if
from kernel.reporting.table import Cell, Table
from kernel.reporting.what_if import change_of

TABLES_KEPT = 8


class ReportReads:
    """Reports, what-if and the class of a loan."""

    def __init__(self, reader: Reader, log: Log) -> None:
        self._sources = Sources(reader, log)
        self._tables: OrderedDict[tuple[object, ...], Table] = OrderedDict()
        self._lock = Lock()

    def list_reports(self, message: Any, at: At) -> dict[str, Any]:
        """Every report with its parameters."""
        return {
            "known_at": known_position(self._sources.log, at),
            "reports": [
                {
                    "name": one.name,
                    "description": one.says,
                    "parameters": [
                        {
                            "name": field.name,
                            "kind": _kind(field.type),
                            "is_required": field.required,
                        }
                        for field in msgspec.structs.fields(one.parameters)
                    ],
                }
                for one in REPORTS.values()
            ],
        }

    def report(self, message: Any, at: At) -> dict[str, Any]:
        """A page of a report."""
        one, raw = report_named(message.name), dict(message.parameters)
        question = (one.name, *sorted(raw.items()))
        page = self._page(message, at, question, lambda now: one.ask(self._sources, raw, now))
        return {"name": one.name, **page}

    def what_if(self, message: Any, at: At) -> dict[str, Any]:
        """A page of differences under a change."""
        try:
            change = change_of(json.loads(message.change_json))
        except ValueError as error:
            raise InvalidInput(("change_json", f"is no JSON: {error}")) from None
        question = ("what-if", message.change_json)
        return self._page(
            message, at, question, lambda now: run_what_if(self._sources, change, now)
        )

    def grade(self, message: Any, at: At) -> dict[str, Any]:
        """Class, stage and allowance of a loan, with what they follow from."""
        loan_id = identifier("loan_id", message.loan_id)
        found, seen, graded, loss = graded_loan(self._sources, loan_id, _clocks(at))
        line, table = seen.line, loss_table(found.on)
        return {
            "loan_id": loan_id,
            "as_of": found.on,
            "known_at": found.known_at,
            "grade": graded.grade.name,
            "reasons": list(graded.reasons),
            "stage": int(loss.stage),
            "currency": line.currency,
            "allowance_minor": loss.allowance_minor,
            "exposure_minor": line.principal_minor,
            "days_past_due": line.days_past_due,
            "covered_minor": loss.covered_minor,
            "loss_table": loss.table_id,
            "default_ppm": table.pd_ppm[graded.grade - 1],
            "loss_ppm": loss.loss_ppm,
            "annual_rate_ppm": line.annual_rate_ppb // 1_000,
            "restructured_on": list(seen.conduct.restructured_on),
            "floors": [
                {**msgspec.structs.asdict(floor), "grade": floor.grade.value}
                for floor in found.record.floors
            ],
        }

    def _page(
        self,
        message: Any,
        at: At,
        question: tuple[object, ...],
        make: Callable[[Clocks], Table],
    ) -> dict[str, Any]:
        begin, at = page_start(message, at, int)
        table = self._table((*question, at.as_of), _clocks(at), make)
        first = begin or 0
        end = first + page_size(message)
        more = end if end < len(table.rows) else None
        return {
            "as_of": table.as_of,
            "known_at": table.known_at,
            "columns": list(table.columns),
            "rows": [{"cells": [_cell(value) for value in row]} for row in table.rows[first:end]],
            "row_count": len(table.rows),
            "next_page_token": page_token(message, table.known_at, more),
        }

    def _table(
        self, question: tuple[object, ...], clocks: Clocks, make: Callable[[Clocks], Table]
    ) -> Table:
        """The table, made or kept; one is kept only under the position that it is known at."""
        with self._lock:
            if clocks.known_at is not None:
                kept = self._tables.get((*question, clocks.known_at))
                if kept is not None:
                    return kept
        table = make(clocks)
        with self._lock:
            self._tables[(*question, table.known_at)] = table
            while len(self._tables) > TABLES_KEPT:
                self._tables.popitem(last=False)
        return table


def _clocks(at: At) -> Clocks:
    return Clocks(as_of=at.as_of, known_at=at.known_at)


def _cell(value: Cell) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"text": "yes" if value else "no"}
    if isinstance(value, int):
        return {"number": value}
    return {"text": str(value)}


def _kind(annotation: Any) -> str:
    shown = str(annotation)
    if "date" in shown:
        return "DATE"
    return "NUMBER" if "int" in shown else "TEXT"
