"""Money set aside on an account.

Units: whole minor units. A hold binds until it is used up or its day ``expires_on`` comes; expiry
is computed from the date and needs no event.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.legs import HoldChange


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """One hold: what was placed, and what of it is neither captured nor released."""

    placed_minor: int
    left_minor: int
    expires_on: datetime.date

    def live_minor(self, on: datetime.date) -> int:
        """What it binds on a business date."""
        return self.left_minor if on < self.expires_on else 0


def changed(holds: dict[str, Hold], change: HoldChange) -> dict[str, Hold]:
    """The holds after a change; a hold that is used up stays known, so its id is not used again."""
    hold = holds.get(change.hold_id)
    if hold is None:
        assert change.expires_on is not None, f"hold {change.hold_id} placed without expiry"
        hold = Hold(
            placed_minor=change.amount_minor,
            left_minor=change.amount_minor,
            expires_on=change.expires_on,
        )
    else:
        hold = msgspec.structs.replace(hold, left_minor=hold.left_minor + change.amount_minor)
    return {**holds, change.hold_id: hold}


def live_minor(holds: dict[str, Hold], on: datetime.date) -> int:
    """What all holds together bind on a business date."""
    return sum(hold.live_minor(on) for hold in holds.values())
