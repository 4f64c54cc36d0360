"""A close that cannot run yet: it waits for the server before to let go, or says why not."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from adapters import day_close
from adapters.cell import Cell
from adapters.database import Database
from adapters.day_close import DayCloses
from kernel.application.errors import NotWriter
from tests.support.closing import DAY, lending_bank, small_parts

LOANS = 3


@pytest.fixture
def cell(postgres_url: str, schema_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cell]:
    """A bank with loans whose server does not write."""
    small_parts(monkeypatch)
    with lending_bank(Database(postgres_url, schema_name), LOANS) as (cell, _):
        cell.engine.stand_down()
        yield cell


def test_it_goes_on_when_the_server_becomes_the_writer(cell: Cell) -> None:
    taking_over = threading.Timer(1.5 * day_close.AGAIN_SECONDS, cell.engine.take_over)
    taking_over.start()
    assert DayCloses(cell, processes=0).close(DAY)
    taking_over.join()


def test_it_gives_up_when_another_one_goes_on_writing(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_close.CellBank.submit.retry, "stop", lambda _: True)
    with pytest.raises(NotWriter):
        DayCloses(cell, processes=0).close(DAY)


def test_a_day_that_has_not_ended_is_said_in_the_log_without_a_stack(cell: Cell) -> None:
    day = DAY + datetime.timedelta(days=400)
    closes = DayCloses(cell, processes=0)
    with capture_logs() as logged:
        assert closes.start(day)
        for _ in range(1_000):
            if not closes.standing(day)[2]:
                break
            time.sleep(0.01)
    [line] = [one for one in logged if one["event"] == "close.failed"]
    assert line["error"] == closes.standing(day)[1].partition(": ")[2]
    assert not line["exc_info"]
