"""A close on a server that does not write yet: it waits until the one before has let go."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

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
