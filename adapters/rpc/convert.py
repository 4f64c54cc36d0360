"""Messages to plain values and back, by their descriptors.

A write's request holds ``command_id`` and exactly the fields of its command; an enum value is its
name without the type's prefix. What a message cannot say (an unknown field or enum number) is
refused.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from kernel.common.refusals import InvalidInput

Field = Any
"""A descriptor of a field: the library has two classes of it, pure and compiled."""


def plain(message: Message, path: str = "") -> dict[str, Any]:
    """The fields of a message as plain values.

    A field without presence is always there, an optional one only when set. Raises InvalidInput.
    """
    require_known(message, path)
    values: dict[str, Any] = {}
    for name, field, has_presence, is_scalar in _known_fields(message.DESCRIPTOR):
        if has_presence and not message.HasField(name):
            continue
        value = getattr(message, name)
        if is_scalar:
            values[name] = value
            continue
        where = f"{path}.{name}".lstrip(".")
        if _is_map(field):
            values[name] = dict(value)
        elif field.is_repeated:
            values[name] = [_one(field, v, f"{where}[{i}]") for i, v in enumerate(value)]
        else:
            values[name] = _one(field, value, where)
    return values


@cache
def _known_fields(kind: Any) -> tuple[tuple[str, Field, bool, bool], ...]:
    """Of each field its name, itself, whether it has presence, and whether it is plain already."""
    return tuple(
        (f.name, f, f.has_presence, not (f.is_repeated or f.message_type or f.enum_type))
        for f in kind.fields
    )


def _is_map(field: Field) -> bool:
    """Whether it holds plain values by name."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def require_known(message: Message, path: str = "") -> None:
    """The message itself holds no field that its type lacks; raises InvalidInput."""
    if len(UnknownFieldSet(message)):
        raise InvalidInput((path or "$", "a field that this method does not know"))


def _one(field: Field, value: Any, where: str) -> Any:
    if field.message_type is not None:
        return plain(value, where)
    if field.enum_type is not None:
        return enum_names(field.enum_type).get(value) or _no_such(field.enum_type, value, where)
    return value


def _no_such(enum: Any, value: int, where: str) -> str:
    known = ", ".join(enum_names(enum).values())
    raise InvalidInput((where, f"{value} is no {enum.name}; known are {known}"))


@cache
def enum_names(enum: Any) -> dict[int, str]:
    """Number to name without the type's prefix; the unspecified value is left out."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper() + "_"
    return {v.number: v.name.removeprefix(prefix) for v in enum.values if v.number}


def fill(target: Message, fields: Mapping[str, Any], path: str = "") -> None:
    """Set the fields of a message from plain values; None leaves a field unset.

    Raises InvalidInput with the path for an unknown field, a wrong type or an unknown enum name.
    """
    known = target.DESCRIPTOR.fields_by_name
    for name, value in fields.items():
        where = f"{path}.{name}".lstrip(".")
        if name not in known:
            raise InvalidInput((where, f"{target.DESCRIPTOR.name} has no such field"))
        if value is None:
            continue
        try:
            _set(target, known[name], value, where)
        except (TypeError, ValueError) as error:
            raise InvalidInput((where, str(error))) from None


def _set(target: Message, field: Field, value: Any, where: str) -> None:
    into = getattr(target, field.name)
    if _is_map(field):
        into.update({str(key): _scalar(field, item) for key, item in value.items()})
    elif field.is_repeated:
        for i, item in enumerate(value):
            if field.message_type is not None:
                fill(into.add(), _fields(item), f"{where}[{i}]")
            else:
                into.append(_scalar(field, item))
    elif field.message_type is not None:
        into.SetInParent()
        fill(into, _fields(value), where)
    else:
        setattr(target, field.name, _scalar(field, value))


def _fields(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else msgspec.structs.asdict(value)


def _scalar(field: Field, value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if field.enum_type is None or not isinstance(value, str):
        return value
    for number, name in enum_names(field.enum_type).items():
        if value == name:
            return number
    raise ValueError(f"{value!r} is no {field.enum_type.name}")
