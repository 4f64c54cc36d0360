"""Closes over gRPC: started as an operation, watched by its id, observations in pages."""

from __future__ import annotations

from typing import Any

from corebank.close.v1 import close_pb2
from google.protobuf.message import Message

from adapters.cell import Cell
from adapters.day_close import CellBank, DayCloses
from adapters.rpc.convert import fill, plain
from adapters.rpc.questions import day, page_size
from kernel.close import tables
from kernel.close.run import SETTLE, chunk_steps
from kernel.common.refusals import InvalidInput, Kind, Refusal

PREFIX = "close-"


class CloseNotFound(Refusal):
    """No close of that day was ever started."""

    code = "CLOSE_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "No close of {date} was started."


class Closes:
    """Every method about closes; called from worker threads."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._closes = DayCloses(cell)
        self._bank = CellBank(cell)

    def answer(self, method: str, message: Any) -> Message:
        """The reply; raises Refusal, InvalidInput, SQLAlchemyError."""
        plain(message)
        if method == "StartDayClose":
            return self._start(message)
        return self._get(message) if method == "GetDayClose" else self._observations(message)

    def _start(self, message: close_pb2.StartDayCloseRequest) -> close_pb2.StartDayCloseResponse:
        date = day("date", message.date)
        started = self._closes.start(date)
        return close_pb2.StartDayCloseResponse(operation_id=f"{PREFIX}{date}", is_started=started)

    def _get(self, message: close_pb2.GetDayCloseRequest) -> close_pb2.GetDayCloseResponse:
        if not message.operation_id.startswith(PREFIX):
            raise InvalidInput(("operation_id", "is not the id of a close"))
        date = day("operation_id", message.operation_id.removeprefix(PREFIX))
        found, failed, is_running = self._closes.standing(date)
        reply = close_pb2.GetDayCloseResponse()
        if found is None:
            if not is_running and not failed:
                raise CloseNotFound(date=str(date))
            state = "FAILED" if failed else "WAITING"
            fill(reply, {"date": date, "state": state, "error": failed})
            return reply
        state = found.state
        if state == "RUNNING" and not is_running:
            state = "INTERRUPTED"
        steps = self._steps(found)
        whole = sum(each["total"] for each in steps)
        done = sum(min(each["done"], each["total"]) for each in steps)
        fill(reply, {
            "state": state, "date": date, "steps": steps, "percent": 100 * done // whole,
            "error": found.error, "digest": found.digest, "cut_position": found.cut_position,
            "sealed_position": found.sealed_position, "parked": found.parked,
        })  # fmt: skip
        return reply

    def _steps(self, found: tables.Standing) -> list[dict[str, Any]]:
        over_chunks = chunk_steps(self._bank)
        done = {**found.steps, "cut": 1, "seal": int(found.state == "SEALED")}
        pages = done[SETTLE] = max(found.steps.get(SETTLE, 0), found.steps.get("check", 0))
        totals = {SETTLE: max(1, pages), **dict.fromkeys(over_chunks, found.chunks)}
        return [
            {
                "name": name,
                "done": done.get(name, 0),
                "total": totals.get(name, 1),
                "rows": found.rows.get(name, 0),
            }
            for name in ("cut", *over_chunks, SETTLE, "check", "seal")
        ]

    def _observations(
        self, message: close_pb2.ListObservationsRequest
    ) -> close_pb2.ListObservationsResponse:
        date = day("date", message.date)
        size = page_size(message)
        with self._cell.sql.connect() as connection:
            found = tables.observations(connection, date, _place(message.after), size)
        reply = close_pb2.ListObservationsResponse()
        names = ("kind", "loan_id", "before", "after", "amount_minor")
        rows = [{name: getattr(one, name) for name in names} for one in found]
        last = found[-1] if len(found) == size else None
        after = "" if last is None else f"{last.step}/{last.chunk}/{last.number}"
        fill(reply, {"observations": rows, "next_after": after})
        return reply


def _place(after: str) -> tuple[str, int, int]:
    """The place that a cursor names; before everything when it is empty."""
    if not after:
        return "", -1, -1
    step, _, rest = after.partition("/")
    chunk, _, number = rest.partition("/")
    if not (step and chunk.isascii() and chunk.isdigit() and number.isascii() and number.isdigit()):
        raise InvalidInput(("after", "is not a cursor of this method"))
    return step, int(chunk), int(number)
