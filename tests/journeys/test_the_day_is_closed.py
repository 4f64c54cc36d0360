"""A day is closed over gRPC beside live payments; a server that is killed leaves it to the next."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corebank.close.v1 import close_pb2
from typer.testing import CliRunner

from adapters.cli.client import CallRefused
from adapters.cli.demo import server
from adapters.cli.main import app
from adapters.database import Database
from kernel.eventstore.postgres import PostgresLog
from tests.journeys.conftest import Desk, transfer
from tests.support.closing import DAY, append, drawn_loan

LOANS = 200


def lend(database: Database) -> None:
    """Loans, appended beside the running server."""
    log = PostgresLog(database.url, database.schema)
    append(log, [drawn_loan(number) for number in range(LOANS)], DAY)
    log.close()


def closed(desk: Desk, operation_id: str) -> Any:
    """The answer once the close has ended."""
    for _ in range(300):
        found = desk.ask("GetDayClose", "auditor", operation_id=operation_id)
        if found.state in (close_pb2.CLOSE_STATE_SEALED, close_pb2.CLOSE_STATE_FAILED):
            return found
        time.sleep(0.1)
    raise AssertionError(f"still open: {found}")


def started(desk: Desk) -> str:
    """Id of the operation that closes the day."""
    token = desk.tokens["operator"]
    begun = desk.client.call("StartDayClose", {"date": DAY.isoformat()}, token=token)
    return str(begun.operation_id)


def test_a_day_is_closed_beside_payments(desk: Desk, database: Database) -> None:
    """Payments go on; the close ends sealed at 100 percent; what it observed comes in pages."""
    desk.open_day()
    lend(database)
    operation_id = started(desk)
    for _ in range(20):
        desk.do("Transfer", **transfer(10))
    found = closed(desk, operation_id)
    assert (found.state, found.percent, found.parked) == (close_pb2.CLOSE_STATE_SEALED, 100, 0)
    assert len(found.digest) == 64
    assert desk.ask("GetBusinessDate").date == "2026-03-03"
    kinds, after = [], ""
    while True:
        page = desk.ask(
            "ListObservations", "operator", date=DAY.isoformat(), after=after, page_size=150
        )
        kinds += [one.kind for one in page.observations]
        after = page.next_after
        if not after:
            break
    assert kinds.count("STATUS_CHANGED") == LOANS
    assert kinds.count("OVERDUE") == LOANS // 10 - 1, "all old ones but L-0, which is due today"
    again = started(desk)
    assert closed(desk, again).digest == found.digest


def test_a_close_that_never_was(desk: Desk) -> None:
    """Refused, not empty; and nobody closes without the permission."""
    desk.open_day()
    with pytest.raises(CallRefused) as none:
        desk.ask("GetDayClose", "auditor", operation_id="close-2026-03-02")
    assert none.value.reason == "CLOSE_NOT_FOUND"
    with pytest.raises(CallRefused) as denied:
        desk.ask("StartDayClose", "teller", date=DAY.isoformat())
    assert denied.value.status.name == "PERMISSION_DENIED"


def test_the_command_closes_on_the_next_server(
    database: Database, folder: Path, new_desk: Callable[[str], Desk]
) -> None:
    """Started on a server that goes away; the command finishes it on the next one."""
    with server(database, folder) as target:
        desk = new_desk(target)
        desk.open_day()
        lend(database)
        started(desk)
    with server(database, folder) as target:
        arguments = ["close", "--date", DAY.isoformat(), "--target", target, "--json"]
        result = CliRunner().invoke(app, [*arguments, "--tokens", str(folder / "tokens.json")])
        assert result.exit_code == 0, result.output
        answer = json.loads(result.output)
    assert answer["state"] == "SEALED"
    assert {one["name"]: one["rows"] for one in answer["steps"]}["accrue"] == LOANS
