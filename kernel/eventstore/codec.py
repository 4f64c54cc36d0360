"""Events to bytes and back: JSON under a stored name, older names lifted step by step.

A stored name is looked up in the catalogue and is never importable code. Encoders and decoders are
built once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from kernel.common.facts import Event
from kernel.eventstore.errors import UncataloguedEvent, UnreadableFact

Raw = dict[str, Any]
Upcaster = Callable[[Raw], tuple[str, Raw]]
"""One step: the fields stored under an old name, as the next name and its fields."""


class Codec:
    """Writes events under their stored names and reads what was written under any known name."""

    def __init__(
        self, catalogue: Mapping[str, type[Event]], upcasters: Mapping[str, Upcaster] | None = None
    ) -> None:
        self._upcasters = dict(upcasters or {})
        self._names = {event: name for name, event in catalogue.items()}
        self._catalogue = dict(catalogue)
        self.data_of: Callable[[Event], bytes] = msgspec.json.Encoder().encode
        self._decoders = {
            name: msgspec.json.Decoder(event).decode for name, event in catalogue.items()
        }

    def encode(self, event: Event) -> tuple[str, bytes]:
        """Stored name and JSON bytes; raises UncataloguedEvent."""
        return self.name_of(event), self.data_of(event)

    def name_of(self, event: Event) -> str:
        """Stored name of an event; raises UncataloguedEvent."""
        return self.names_of([event])[0]

    def names_of(self, events: Sequence[Event]) -> list[str]:
        """Stored name of each event; raises UncataloguedEvent."""
        names = self._names
        try:
            return [names[type(event)] for event in events]
        except KeyError as error:
            raise UncataloguedEvent(f"{error.args[0].__qualname__} has no stored name") from None

    def decode(self, name: str, data: bytes, position: int) -> Event:
        """The event stored at the position; raises UnreadableFact."""
        decode = self._decoders.get(name)
        try:
            if decode is None:
                return self._lift(name, msgspec.json.decode(data, type=Raw), position)
            return decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadableFact(position, name, str(error)) from error

    def _lift(self, name: str, raw: Raw, position: int) -> Event:
        newer = name
        while (step := self._upcasters.get(newer)) is not None:
            newer, raw = step(raw)
        event = self._catalogue.get(newer)
        if event is None:
            raise UnreadableFact(position, name, "the name is not in the catalogue")
        return msgspec.convert(raw, event)
