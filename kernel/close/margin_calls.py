"""Which contracts the close of a day asks for more cover: those whose cover fell below the call.

A contract is called once, on the day of the fall; the call stands until a person closes it. See
``docs/decisions/0010-margin-calls-are-acts.md``.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from kernel.close.accounts import Ask
from kernel.close.classes import fell_short, states_of
from kernel.close.tables import Cut, Observation
from kernel.collateral.policy import POLICY
from kernel.eventstore.log import Log
from kernel.projections.outlooks import Chunk

CALL = "RaiseMarginCall"


def asks(
    log: Log, chunk: Chunk, cut: Cut, opened: datetime.date, observed: Sequence[Observation]
) -> list[Ask]:
    """The calls that follow, due so many days after the date that the cut opened. Raises LogError.

    Two loans of a contract make one call: the command has the contract's id.
    """
    short = {one.loan_id for one in observed if fell_short(one)}
    places = [place for place, loan_id in enumerate(chunk.loan_ids) if loan_id in short]
    found = {state.contract_id for _, state in states_of(log, chunk, places, cut.position)}
    days = datetime.timedelta(days=POLICY.value("coverage.call_days", cut.date))
    return [
        Ask(
            CALL,
            f"{contract_id}@{cut.date}@call",
            {"contract_id": contract_id, "due_on": opened + days},
        )
        for contract_id in sorted(found)
    ]
