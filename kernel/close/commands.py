"""The commands of a close: which follow for the loans of a chunk, and giving them beside payments.

They go to the engine a few at a time, and behind each few the close rests twice as long as they
took: so a payment queues behind no more than these, and most of the engine's time stays its own.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from sqlalchemy import Engine

from kernel.application.errors import Defect
from kernel.application.requests import Accepted, Outcome
from kernel.close import freezes, margin_calls, repricings, tables
from kernel.close.accounts import Ask
from kernel.close.freezes import FREEZE
from kernel.close.margin_calls import CALL
from kernel.close.repricings import REPRICE
from kernel.close.tables import Cut, Done
from kernel.eventstore.log import Log
from kernel.projections import outlooks
from kernel.projections.outlooks import Chunk

WAVE = 8
REST, REST_SECONDS_MAX = 2, 0.1
COLLECT = "CollectInstalment"
ASKED = (COLLECT, REPRICE, FREEZE, CALL)
"""Steps over the loans that give commands."""


class Bank(Protocol):
    """What a close needs of the running ledger."""

    def submit(self, asked: Sequence[Ask]) -> list[Outcome | Defect]:
        """Give commands and wait for their outcomes; a Defect is one command's alone.

        Raises any other EngineError: the commands may be given again.
        """
        ...

    def knows(self, method: str) -> set[str]:
        """The fields of a command, empty when there is no such command."""
        ...

    def run_chunks(self, cut: Cut, step: str, chunks: Sequence[int]) -> Iterator[Done]:
        """Do a step for these chunks, in any order."""
        ...

    def wait_for(self, position: int) -> bool:
        """Whether the read models hold the position, after some waiting."""
        ...


def given(bank: Bank, asked: Sequence[Ask]) -> int:
    """Give commands, a wave at a time; how many were accepted."""
    accepted = 0
    for begin in range(0, len(asked), WAVE):
        began = time.monotonic()
        outcomes = bank.submit(asked[begin : begin + WAVE])
        accepted += sum(isinstance(one, Accepted) for one in outcomes)
        time.sleep(min(REST * (time.monotonic() - began), REST_SECONDS_MAX))
    return accepted


def of_chunk(
    sql: Engine, log: Log, cut: Cut, opened: datetime.date, step: str, number: int
) -> list[Ask]:
    """The commands of a step for the loans of a chunk; ``opened`` is the date behind the cut."""
    with sql.begin() as connection:
        day = cut.date.toordinal()
        chunk = outlooks.refreshed(connection, log, number, day, cut.position)
        observed = tables.observed(connection, cut.date, number) if step in (FREEZE, CALL) else []
    if step == COLLECT:
        return _collections(chunk, cut)
    if step == REPRICE:
        return repricings.asks(log, chunk, cut, opened)
    if step == CALL:
        return margin_calls.asks(log, chunk, cut, opened, observed)
    return freezes.asks(log, chunk, cut, observed)


def _collections(chunk: Chunk, cut: Cut) -> list[Ask]:
    """A command for each loan of which something is due, dated on the day that ended."""
    owed = chunk.columns.due(cut.date.toordinal())
    loan_ids = [chunk.loan_ids[place] for place in owed.nonzero()[0].tolist()]
    return [
        Ask(COLLECT, f"{each}@{cut.date}@collect", {"loan_id": each, "value_date": cut.date})
        for each in loan_ids
    ]
