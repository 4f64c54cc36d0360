"""Which limits are frozen after what the close of a day observed: late, a worse class, cover lost.

Only loans of which something was observed that day are looked at. So a limit that a person freed
again stays free until something new happens to its loans.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from kernel.application.folds import LIMIT
from kernel.close.accounts import Ask
from kernel.close.classes import fell_short, states_of
from kernel.close.tables import Cut, Observation
from kernel.eventstore.log import Log
from kernel.limits import triggers
from kernel.projections.outlooks import Chunk

FREEZE = "FreezeLimit"
KINDS = ("OVERDUE", "GRADE_CHANGED")


def asks(log: Log, chunk: Chunk, cut: Cut, observed: Sequence[Observation]) -> list[Ask]:
    """The freezes that follow for the limits of these loans. Raises LogError."""
    seen: dict[str, list[Observation]] = {}
    for one in observed:
        if one.kind in KINDS or fell_short(one):
            seen.setdefault(one.loan_id, []).append(one)
    places = [place for place, loan_id in enumerate(chunk.loan_ids) if loan_id in seen]
    found = [
        _observation(state.limit_path[0], seen[state.loan_id])
        for _, state in states_of(log, chunk, places, cut.position)
        if state.limit_path
    ]
    wanted = sorted({f"limit:{each.limit_id}" for each in found})
    histories = log.history(dict.fromkeys(wanted, 0)) if wanted else {}
    frozen = {
        entity.partition(":")[2]: reduce(LIMIT.evolve, facts, LIMIT.initial).freezes
        for entity, facts in (
            (entity, [fact for fact in facts if fact.position <= cut.position])
            for entity, facts in histories.items()
        )
    }
    return [
        Ask(
            FREEZE,
            f"{each.limit_id}@{cut.date}@{each.trigger.value}",
            {
                "limit_id": each.limit_id,
                "trigger": each.trigger.value,
                "reason": f"close of {cut.date}: {each.reason}",
            },
        )
        for each in triggers.freezes(found, frozen, cut.date)
    ]


def _observation(limit_id: str, observed: Sequence[Observation]) -> triggers.Observation:
    late = [int(one.after) for one in observed if one.kind == "OVERDUE"]
    grades = [int(one.after) for one in observed if one.kind == "GRADE_CHANGED"]
    lacks = [one.amount_minor for one in observed if fell_short(one)]
    return triggers.Observation(
        limit_id=limit_id,
        days_past_due=max(late, default=0),
        grade=max(grades, default=1),
        shortfall_minor=max(lacks, default=0),
    )
