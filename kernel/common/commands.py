"""Base of every command: what can be asked, already well shaped."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One request to change something. Built by ``fields.shaped``, so its bounds hold."""

    @property
    def touches(self) -> tuple[str, ...]:
        """Entities known from the request alone, as ``kind:id``; the engine loads them ahead."""
        return ()

    @property
    def demands(self) -> tuple[tuple[str, str], ...]:
        """States that are folded on demand only, as name of the fold and entity; loaded ahead."""
        return ()
