"""Every event ever stored can be read for ever: golden bytes, which are only ever added to.

Each line of the golden file has a stored name, the stored bytes, and the fields as they must be
read. After a new event, or a new field, add a line; never change or delete one.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

import kernel
from kernel.common.facts import Event
from kernel.eventstore.catalogue import CATALOGUE, EVENTS
from kernel.eventstore.upcasters import UPCASTERS


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the golden file."""

    name: str
    stored: str
    read: dict[str, Any]


FILE = Path(__file__).with_name("golden_events.jsonl")
GOLDEN = [msgspec.json.decode(line, type=Golden) for line in FILE.read_bytes().splitlines()]


def fields(event: Event) -> dict[str, Any]:
    """All fields as plain values, with those that are at their default."""
    return {name: plain(getattr(event, name)) for name in event.__struct_fields__}


def plain(value: Any) -> Any:
    """A value in the words of JSON, nothing left out."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return msgspec.to_builtins(value)


def event_classes() -> set[type[Event]]:
    """Every event of the kernel that can happen: those that are no base of another one."""
    for module in pkgutil.walk_packages(kernel.__path__, "kernel."):
        if module.name.endswith(".events"):
            importlib.import_module(module.name)
    found: set[type[Event]] = set()
    waiting: list[type[Event]] = [Event]
    while waiting:
        event = waiting.pop()
        kinds = [kind for kind in event.__subclasses__() if kind.__module__.startswith("kernel.")]
        waiting.extend(kinds)
        if not kinds:
            found.add(event)
    return found


def test_every_event_has_a_stored_name_and_no_name_is_used_twice() -> None:
    assert set(CATALOGUE.values()) == event_classes()
    assert len(set(CATALOGUE.values())) == len(CATALOGUE)


@pytest.mark.parametrize("name", [*CATALOGUE, *UPCASTERS])
def test_a_stored_name_says_area_event_and_version(name: str) -> None:
    assert re.fullmatch(r"[a-z_]+\.[A-Z][A-Za-z]+\.v[0-9]+", name)


@pytest.mark.parametrize("name", [*CATALOGUE, *UPCASTERS])
def test_every_stored_name_has_golden_bytes(name: str) -> None:
    assert name in {golden.name for golden in GOLDEN}


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_golden_bytes_are_read_as_ever(golden: Golden) -> None:
    event = EVENTS.decode(golden.name, golden.stored.encode(), position=1)
    assert golden.read.items() <= fields(event).items()
    assert type(event) in CATALOGUE.values()


@pytest.mark.parametrize(
    "golden", [golden for golden in GOLDEN if golden.name in CATALOGUE], ids=lambda one: one.name
)
def test_todays_events_are_written_as_ever(golden: Golden) -> None:
    event = EVENTS.decode(golden.name, golden.stored.encode(), position=1)
    assert EVENTS.encode(event) == (golden.name, golden.stored.encode())


def test_a_name_of_today_is_not_lifted() -> None:
    assert not set(CATALOGUE) & set(UPCASTERS)
