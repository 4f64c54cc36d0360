"""The catalogue of methods: who may call them, what they are called, what every one carries."""

from __future__ import annotations

import datetime
import types
import typing
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from adapters.cli.roles import ROLES
from adapters.rpc.methods import COMMANDS, methods, permission_of, services
from adapters.rpc.security import Principal
from kernel.common.commands import Command

QUESTIONS = [name for name in methods() if name.startswith(("Get", "List", "Export"))]
WITHOUT_CLOCKS = {"GetStatus", "GetDayClose", "ListObservations"}
"""How this process or a close stands now, and what a closed day came to: there is no other moment
to ask about."""
AREAS = {
    "account", "audit", "close", "collateral", "customer", "deposit", "grading", "ledger", "limit",
    "loan", "operation", "payment", "product", "rate", "report",
}  # fmt: skip


def wire_kind(annotation: Any) -> str:
    """What a command's field must look like in a message."""
    if typing.get_origin(annotation) is Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        [annotation] = [one for one in typing.get_args(annotation) if one is not type(None)]
        return wire_kind(annotation)
    if typing.get_origin(annotation) in (list, tuple):
        return "list of " + wire_kind(typing.get_args(annotation)[0])
    if annotation is bool:
        return "bool"
    if annotation is int:
        return "int"
    if annotation in (str, datetime.date):
        return "string"
    return f"{'enum' if issubclass(annotation, StrEnum) else 'message'} {annotation.__name__}"


def message_kind(field: FieldDescriptor) -> str:
    """What a message's field looks like."""
    if field.enum_type is not None:
        kind = f"enum {field.enum_type.name}"
    elif field.message_type is not None:
        kind = f"message {field.message_type.name}"
    else:
        kind = {
            FieldDescriptor.CPPTYPE_BOOL: "bool",
            FieldDescriptor.CPPTYPE_INT32: "int",
            FieldDescriptor.CPPTYPE_INT64: "int",
            FieldDescriptor.CPPTYPE_STRING: "string",
        }[field.cpp_type]
    return f"list of {kind}" if field.is_repeated else kind


def shape_of(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Names and kinds of a command's fields."""
    hints = typing.get_type_hints(struct, include_extras=True)
    return {name: wire_kind(hints[name]) for name in struct.__struct_fields__}


def nested(struct: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """Structs that a struct is made of, and the struct itself."""
    found = [struct]
    for hint in typing.get_type_hints(struct).values():
        for one in (hint, *typing.get_args(hint)):
            if isinstance(one, type) and issubclass(one, msgspec.Struct):
                found += nested(one)
    return found


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda c: c.__name__)
def test_a_commands_fields_have_the_same_types_on_both_sides(command: type[Command]) -> None:
    """Names and kinds, in nested messages too; amounts are 64 bits wide."""
    request = methods()[command.__name__].input_type
    fields = {field.name: field for field in request.fields}
    messages = {f.message_type.name: f.message_type for f in request.fields if f.message_type}
    assert message_kind(fields.pop("command_id")) == "string"
    assert {name: message_kind(field) for name, field in fields.items()} == shape_of(command)
    for struct in nested(command)[1:]:
        inside = messages[struct.__name__].fields
        assert {field.name: message_kind(field) for field in inside} == shape_of(struct)
    for field in (*request.fields, *(f for m in messages.values() for f in m.fields)):
        if field.name.endswith(("_minor", "_position", "payment_id")):
            assert field.cpp_type == FieldDescriptor.CPPTYPE_INT64, field.full_name


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda c: c.__name__)
def test_a_commands_enums_have_the_same_names_on_both_sides(command: type[Command]) -> None:
    """Every value of the kernel can be said in a message, and no other."""
    pairs = []
    for struct in nested(command):
        hints = typing.get_type_hints(struct)
        request = methods()[command.__name__].input_type
        inside = [f.message_type for f in request.fields if f.message_type]
        [message] = [
            m for m in (request, *inside) if set(struct.__struct_fields__) <= {*m.fields_by_name}
        ]
        for name, hint in hints.items():
            for one in (hint, *typing.get_args(hint)):
                if isinstance(one, type) and issubclass(one, StrEnum):
                    pairs.append((one, message.fields_by_name[name].enum_type))
    for ours, theirs in pairs:
        assert theirs is not None, f"{ours.__name__} is no enum in the message"
        prefix = theirs.values_by_number[0].name.removesuffix("UNSPECIFIED")
        said = {v.name.removeprefix(prefix) for v in theirs.values if v.number}
        assert said == {member.value for member in ours}, theirs.full_name


def test_command_id_is_the_first_field_of_every_write() -> None:
    """So that a proxy can find it without knowing the method."""
    for name in (*COMMANDS, "FenceCommand"):
        assert methods()[name].input_type.fields_by_number[1].name == "command_id", name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_write_answers_with_a_receipt(name: str) -> None:
    """And with nothing else: what it says follows from the facts."""
    assert [field.name for field in methods()[name].output_type.fields] == ["receipt"]


@pytest.mark.parametrize("name", sorted(set(QUESTIONS) - WITHOUT_CLOCKS))
def test_every_question_has_both_clocks(name: str) -> None:
    """``at`` with as_of, known_at and min_position."""
    clocks = methods()[name].input_type.fields_by_name["at"].message_type
    assert clocks is not None
    assert clocks.full_name == "corebank.common.v1.At"


@pytest.mark.parametrize("name", sorted(set(QUESTIONS) - WITHOUT_CLOCKS - {"GetCommandOutcome"}))
def test_every_answer_says_what_was_known(name: str) -> None:
    """Its log position, in the reply or in the figures it holds."""
    fields = methods()[name].output_type.fields
    inside = [f for field in fields if field.message_type for f in field.message_type.fields]
    assert "known_at" in {field.name for field in (*fields, *inside)}


def test_the_services_are_those_of_the_areas() -> None:
    """One service an area, in the area's package."""
    assert {service.file.package for service in services()} == {
        f"corebank.{area}.v1" for area in AREAS
    }


@pytest.mark.parametrize("method", methods().values(), ids=lambda m: m.name)
def test_every_method_can_be_called_by_some_role(method: MethodDescriptor) -> None:
    """A permission that no role of the day has would be a method for nobody."""
    roles = [Principal(name=n, channel=c, permissions=may) for n, (c, may) in ROLES.items()]
    assert any(role.may(permission_of(method)) for role in roles)


def test_no_role_does_everything() -> None:
    """Money, products and audit are in different hands."""
    hands = {
        name: Principal(name=name, channel=channel, permissions=may)
        for name, (channel, may) in ROLES.items()
    }
    assert not hands["auditor"].may("payment.transfer")
    assert not hands["teller"].may("audit.verify_ledger")
    assert not hands["product-maker"].may("product.publish_product")
    assert not hands["channel"].may("operation.advance_business_date")
