"""What two histories of one loan must agree on, whatever the order in which they arrived."""

from __future__ import annotations

import msgspec

from kernel.loans.state import LoanState


def digest(state: LoanState) -> bytes:
    """The state as bytes, but for log positions: entries by their ids, positions as ids."""
    id_of = {each.position: each.event.event_id for each in state.entries}
    entries = sorted(
        (
            each.event.event_id,
            msgspec.structs.replace(each.event, sequence=0),
            sorted((leg.account, leg.amount_minor, leg.purpose) for leg in each.legs)
            if state.partner is None
            else [],
            id_of.get(each.about_position, ""),
            each.starts_observation,
        )
        for each in state.entries
    )
    return msgspec.json.encode((msgspec.structs.replace(state, entries=()), entries))
