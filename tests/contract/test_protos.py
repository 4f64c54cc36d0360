"""The interface as a contract: commands and messages agree; nothing published breaks."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest
from google.protobuf.descriptor import MethodDescriptor

from adapters.rpc.methods import COMMANDS, methods, permission_of
from kernel.common.commands import Command

PROTOS = Path(__file__).parents[2] / "protos"
PUBLISHED = Path(__file__).parent / "published.binpb"
PARTNER_METHODS_MIN = 30


@pytest.mark.parametrize("method", methods().values(), ids=lambda m: m.full_name)
def test_every_method_names_its_permission(method: MethodDescriptor) -> None:
    """Default deny begins here: a method without a permission could be called by nobody."""
    area, _, name = permission_of(method).partition(".")
    assert area == method.containing_service.file.package.split(".")[1]
    assert name


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda c: c.__name__)
def test_every_command_has_a_method_with_its_fields(command: type[Command]) -> None:
    """The request is the command id and the command's fields, in whatever order they grew."""
    fields = [field.name for field in methods()[command.__name__].input_type.fields]
    assert sorted(fields) == sorted(["command_id", *command.__struct_fields__])


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda c: c.__name__)
def test_optional_fields_are_optional_on_both_sides(command: type[Command]) -> None:
    """A field that a command can do without has presence in the message, and only such a one."""
    message = methods()[command.__name__].input_type
    for field in msgspec.structs.fields(command):
        proto = message.fields_by_name[field.name]
        if proto.message_type is None and not proto.is_repeated:
            assert proto.has_presence is not field.required, field.name


def test_a_partner_finds_enough_methods() -> None:
    """The catalogue that partners build on; short names are unique."""
    assert len(methods()) >= PARTNER_METHODS_MIN


def test_nothing_that_was_published_breaks() -> None:
    """buf compares the protos with the published image; renumbering or removing is found."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "now.binpb"
        subprocess.run([sys.executable, PROTOS / "generate.py", "--image", image], check=True)
        buf = Path(sys.executable).with_name("buf")
        done = subprocess.run(
            [buf, "breaking", image, "--against", PUBLISHED],
            cwd=PROTOS,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
