"""The day file: a bank day as JSON Lines, one command a line; read, checked, and written.

Units: amounts in whole minor units, dates as YYYY-MM-DD. docs/day-file.md describes the format.
A line is checked as far as its shape goes, before anything is sent; rules speak when it is fed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from adapters.iso20022.pain001 import read_pain001
from adapters.iso20022.payroll import transfer_orders
from adapters.iso20022.xml import BYTES_MAX
from kernel.application.use_cases import USE_CASES
from kernel.common.commands import Command
from kernel.common.fields import Id, shaped
from kernel.common.refusals import InvalidInput
from kernel.payments.commands import PaymentCommand

COMMANDS: dict[str, type[Command]] = {command.__name__: command for command in USE_CASES}
"""Every method that a line may name, with the command that its request must fit."""
LINE_BYTES_MAX = 4 * 1024 * 1024
"""A bulk transfer of ten thousand items has about one million bytes."""
_MAKES_PAYMENTS = frozenset(
    {"Transfer", "Deposit", "Withdraw", "ReservePayment", "BulkTransfer", "RunStandingOrder"}
) | {"CaptureHold"}


class DayLine(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One command. ``request`` holds its fields as plain values.

    ``principal`` is the role that asks; ``payment_of`` the command id of an earlier line whose
    payment is meant; ``expect`` the code of the refusal that this line is meant to get.
    """

    method: str
    command_id: Id
    request: dict[str, Any]
    principal: Id | None = None
    payment_of: Id | None = None
    expect: str | None = None

    def request_for(self, payment_id: int | None = None) -> dict[str, Any]:
        """The request to send; ``payment_id`` is the position that answered ``payment_of``."""
        if self.payment_of is None:
            return self.request
        if payment_id is None:
            raise ValueError(f"{self.command_id} needs the payment of {self.payment_of}")
        return {**self.request, "payment_id": payment_id}

    def command(self, payment_id: int | None = None) -> Command:
        """The command of the line; raises InvalidInput when the request does not fit it."""
        return shaped(COMMANDS[self.method], self.request_for(payment_id))


class DayFileInvalid(InvalidInput):
    """A line is no command; ``violations`` hold line number with field path, and reason."""


def read_day_file(path: Path) -> Iterator[DayLine]:
    """The lines of a day file in order, each checked; empty lines are passed over.

    Raises DayFileInvalid at the first line that has no shape, uses a command id again, or means a
    payment that no earlier line makes.
    """
    methods: dict[str, str] = {}
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LINE_BYTES_MAX + 1):
            number += 1
            if len(raw) > LINE_BYTES_MAX:
                raise DayFileInvalid((f"line {number}", f"longer than {LINE_BYTES_MAX} bytes"))
            if not raw.strip():
                continue
            line = _line(raw, number)
            _require_known_payment(line, methods, number)
            _require_shape(line, number)
            if line.command_id in methods:
                raise _invalid(number, "command_id", f"{line.command_id} stands before")
            methods[line.command_id] = line.method
            yield line


def write_day_file(path: Path, lines: Iterable[DayLine]) -> int:
    """Write the lines; returns how many."""
    encoder = msgspec.json.Encoder()
    count = 0
    with path.open("wb") as file:
        for line in lines:
            file.write(encoder.encode(line) + b"\n")
            count += 1
    return count


def read_payroll_file(path: Path, ordering_customer_id: str | None = None) -> list[DayLine]:
    """The transfers of a pain.001 message, as lines of a day file.

    Raises MessageInvalid, before any line is given out.
    """
    with path.open("rb") as file:
        initiation = read_pain001(file.read(BYTES_MAX + 1))
    return [
        DayLine(
            method="Transfer",
            command_id=order.command_id,
            request=plain_request(order.command),
            principal="channel",
        )
        for order in transfer_orders(initiation, ordering_customer_id)
    ]


def plain_request(command: Command) -> dict[str, Any]:
    """The fields of a command as plain values, without those that are absent."""
    plain: dict[str, Any] = msgspec.to_builtins(command)
    return {name: value for name, value in plain.items() if value is not None}


def _line(raw: bytes, number: int) -> DayLine:
    try:
        line = msgspec.json.decode(raw, type=DayLine)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        raise _invalid(number, path.rstrip("`").removeprefix("$."), reason) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _invalid(number, "", f"no JSON: {error}") from None
    if line.method not in COMMANDS:
        raise _invalid(number, "method", f"{line.method!r:.40} is no method")
    return line


def _require_shape(line: DayLine, number: int) -> None:
    """The request fits its command, whatever position the payment meant will have."""
    try:
        line.command(1 if line.payment_of else None)
    except InvalidInput as error:
        raise DayFileInvalid(
            *((f"line {number}: request.{path}", reason) for path, reason in error.violations)
        ) from None


def _require_known_payment(line: DayLine, methods: dict[str, str], number: int) -> None:
    """``payment_of`` stands where a payment is meant, and names an earlier line that makes one."""
    if line.payment_of is None:
        return
    if not issubclass(COMMANDS[line.method], PaymentCommand):
        raise _invalid(number, "payment_of", f"{line.method} means no payment")
    if "payment_id" in line.request:
        raise _invalid(number, "payment_of", "payment_id is given as well")
    if methods.get(line.payment_of) not in _MAKES_PAYMENTS:
        raise _invalid(number, "payment_of", f"{line.payment_of} makes no payment before")


def _invalid(number: int, path: str, reason: str) -> DayFileInvalid:
    return DayFileInvalid((f"line {number}: {path}".rstrip(": "), reason))
