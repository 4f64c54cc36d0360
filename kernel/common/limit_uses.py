"""The shared words in which an event says what it does under credit limits.

Units: whole minor units of the limit's currency; always positive, the kind says which way.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class UseKind(StrEnum):
    """What happens to a limit: set aside, let go, drawn, principal repaid."""

    RESERVE = "RESERVE"
    RELEASE = "RELEASE"
    USE = "USE"
    RESTORE = "RESTORE"


class LimitUse(msgspec.Struct, frozen=True, kw_only=True):
    """One act on a limit for one contract; it counts on every limit above it, too."""

    limit_id: str
    contract_id: str
    kind: UseKind
    amount_minor: int
    currency: str
