"""Loan scenarios: terms and events of one loan or of many, read from JSON and checked.

Units: whole minor units, rates in ppm a year, dates as YYYY-MM-DD; docs/loan-simulate.md has
every field, docs/schemas/loan-scenario.schema.json the schema. A scenario that is wrong gives an
error with its path in the file; the others are read all the same.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pydantic

from kernel.common.refusals import InvalidInput
from kernel.loans.dated import AnyLoanEvent, Import, Reversal
from kernel.loans.terms import LoanTerms

BYTES_MAX = 256 * 1024 * 1024
SCENARIOS_MAX = 1_000_000
EVENTS_MAX = 10_000
FIELDS = frozenset({"id", "terms", "events", "as_of"})


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One loan to fold: its id in the file, terms, events, and the day of the question."""

    id: str
    terms: LoanTerms
    events: tuple[AnyLoanEvent, ...]
    as_of: datetime.date


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that is wrong: where in the file, and why."""

    id: str | None
    path: str
    reason: str


def read_scenarios(
    source: str, as_of: datetime.date | None = None
) -> tuple[bool, Iterator[Scenario | Failed]]:
    """Whether the file holds one scenario only, and its scenarios in order.

    ``source`` is a path, or ``-`` for standard input; ``as_of`` overrides the scenarios' own day.
    Raises InvalidInput when the file cannot be read as JSON at all.
    """
    found = read_json(source)
    if isinstance(found, dict):
        return True, iter([_scenario(found, "", as_of)])
    return False, (_scenario(each, f"[{i}]", as_of) for i, each in enumerate(found))


def read_json(source: str) -> Any:
    """An object or an array from a path, or ``-`` for standard input; raises InvalidInput."""
    raw = sys.stdin.buffer.read(BYTES_MAX + 1) if source == "-" else _file(source)
    if len(raw) > BYTES_MAX:
        raise InvalidInput((source, f"is larger than {BYTES_MAX} bytes"))
    try:
        found = json.loads(raw)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput((source, f"is not JSON: {error}")) from None
    if not isinstance(found, dict | list) or len(found) > SCENARIOS_MAX:
        raise InvalidInput((source, f"is no scenario, and no array of up to {SCENARIOS_MAX}"))
    return found


def _file(source: str) -> bytes:
    try:
        with Path(source).open("rb") as file:
            return file.read(BYTES_MAX + 1)
    except OSError as error:
        raise InvalidInput((source, error.strerror or "cannot be read")) from None


def _scenario(raw: Any, at: str, as_of: datetime.date | None) -> Scenario | Failed:
    name = None
    try:
        if not isinstance(raw, dict):
            raise InvalidInput(("", "a scenario is an object"))
        name = _id(raw, at)
        for field in sorted(set(raw) - FIELDS):
            raise InvalidInput((str(field), f"is none of {', '.join(sorted(FIELDS))}"))
        terms = read_terms(raw.get("terms"))
        events = _events(raw.get("events", []), terms)
        return Scenario(id=name, terms=terms, events=events, as_of=_day(raw, events, terms, as_of))
    except InvalidInput as error:
        path, reason = error.violations[0]
        joined = path if not at or path.startswith("[") else f".{path}" if path else ""
        return Failed(id=name, path=(at + joined) or "$", reason=reason)


def _id(raw: dict[str, Any], at: str) -> str:
    name = raw.get("id", at.strip("[]") or "loan")
    if not isinstance(name, str | int) or isinstance(name, bool):
        raise InvalidInput(("id", "is a text or a whole number"))
    return str(name)


def read_terms(raw: Any) -> LoanTerms:
    """Terms from plain JSON values; raises InvalidInput with the field that is wrong."""
    try:
        # JSON mode: dates are texts, numbers must be whole, nothing else is converted
        return LoanTerms.model_validate_json(json.dumps(raw), strict=True)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        path = ".".join(["terms", *(str(part) for part in first["loc"])])
        field, separator, rest = reason.partition(": ")
        if len(first["loc"]) == 0 and separator and " " not in field:
            path, reason = f"terms.{field}", rest
        raise InvalidInput((path, reason)) from None


def _events(raw: Any, terms: LoanTerms) -> tuple[AnyLoanEvent, ...]:
    if not isinstance(raw, list) or len(raw) > EVENTS_MAX:
        raise InvalidInput(("events", f"is an array of up to {EVENTS_MAX} events"))
    made: list[AnyLoanEvent] = []
    for place, each in enumerate(raw):
        event = _event(each, place)
        if event.value_date < terms.start_date and not isinstance(event, Import):
            reason = f"{event.value_date} is before the start {terms.start_date}"
            raise InvalidInput((f"events[{place}].value_date", reason))
        made.append(event)
    known = {event.event_id for event in made}
    if len(known) < len(made):
        raise InvalidInput(("events", "two events have the same event_id"))
    for place, event in enumerate(made):
        if isinstance(event, Reversal) and event.reverses not in known - {event.event_id}:
            reason = f"{event.reverses!r:.50} is no event of the scenario"
            raise InvalidInput((f"events[{place}].reverses", reason))
    return tuple(made)


def _event(raw: Any, place: int) -> AnyLoanEvent:
    if not isinstance(raw, dict):
        raise InvalidInput((f"events[{place}]", "an event is an object"))
    named = {"event_id": f"e{place + 1}", "sequence": place, **raw}
    try:
        event: AnyLoanEvent = msgspec.convert(named, AnyLoanEvent)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        field = path.rstrip("`").removeprefix("$").lstrip(".")
        joined = f"events[{place}]" + (f".{field}" if field else "")
        raise InvalidInput((joined, reason)) from None
    return event


def _day(
    raw: dict[str, Any],
    events: tuple[AnyLoanEvent, ...],
    terms: LoanTerms,
    as_of: datetime.date | None,
) -> datetime.date:
    """The day asked for, else the scenario's, else that of its last event, else its start."""
    if as_of is None and raw.get("as_of") is not None:
        try:
            as_of = datetime.date.fromisoformat(raw["as_of"])
        except (TypeError, ValueError):
            raise InvalidInput(("as_of", "is a date as YYYY-MM-DD")) from None
    if as_of is None:
        return max([terms.start_date, *(event.value_date for event in events)])
    if as_of < terms.start_date and not any(isinstance(event, Import) for event in events):
        raise InvalidInput(("as_of", f"{as_of} is before the start {terms.start_date}"))
    return as_of


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario or an array of them, from the very types that read it."""
    terms = LoanTerms.model_json_schema(ref_template="#/$defs/{model}")
    (events,), parts = msgspec.json.schema_components([AnyLoanEvent], ref_template="#/$defs/{name}")
    for part in parts.values():  # id and sequence are given by place when they are absent
        part["required"] = [
            name for name in part.get("required", []) if name not in ("event_id", "sequence")
        ]
    scenario = {
        "type": "object",
        "properties": {
            "id": {"type": ["string", "integer"]},
            "terms": {"$ref": "#/$defs/LoanTerms"},
            "events": {"type": "array", "items": events, "maxItems": EVENTS_MAX},
            "as_of": {"type": "string", "format": "date"},
        },
        "required": ["terms"],
        "additionalProperties": False,
    }
    nested = terms.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "corebank loan scenario",
        "anyOf": [
            {"$ref": "#/$defs/Scenario"},
            {"type": "array", "items": {"$ref": "#/$defs/Scenario"}},
        ],
        "$defs": {"Scenario": scenario, "LoanTerms": terms, **nested, **parts},
    }
