"""From the plain values of a message to the request that the engine takes: shape only."""

from __future__ import annotations

from typing import Any

from adapters.rpc.methods import COMMANDS
from adapters.rpc.security import Principal
from kernel.application.requests import Request
from kernel.common.commands import Command
from kernel.common.fields import Id, shaped


class _Key(Command, frozen=True, kw_only=True):
    """Shape of a command id."""

    command_id: Id


def command_id_of(values: dict[str, Any]) -> str:
    """Take the command id out of the values, checked; raises InvalidInput."""
    return shaped(_Key, {"command_id": values.pop("command_id", "")}).command_id


def request_of(method: str, values: dict[str, Any], who: Principal, deadline: float) -> Request:
    """The request of a method whose message is a command; raises InvalidInput."""
    return Request(
        principal=who.name,
        channel=who.channel,
        method=method,
        command_id=command_id_of(values),
        command=shaped(COMMANDS[method], values),
        deadline=deadline,
    )
