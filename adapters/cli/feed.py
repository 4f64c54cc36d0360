"""Feeding a day: lines of a day file, or a payroll, sent over gRPC in order.

A line is sent again after a lost or missing answer until it has one; its command id makes that
safe. Transfers that follow one another go many to a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

from adapters.cli.client import CallRefused, Client, message
from adapters.cli.day_file import DayLine
from adapters.rpc.methods import methods, request_class
from kernel.common.refusals import InvalidInput

AT_ONCE = 200
RETRY_SECONDS = 60
RETRIED = frozenset(
    {"UNAVAILABLE", "OVERLOADED", "NOT_WRITER", "DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN"}
)

NOT_MADE = "PAYMENT_NOT_MADE"
"""What a line comes to whose payment was refused: it is not sent."""


class Result(msgspec.Struct, kw_only=True):
    """What a feed came to; ``surprises`` are lines whose answer was not the expected one."""

    accepted: int = 0
    refused: int = 0
    surprises: list[tuple[str, str, str]] = []


class Feeder:
    """Sends lines by role and remembers which payment each command made."""

    def __init__(self, client: Client, tokens: dict[str, str]) -> None:
        self._client = client
        self._tokens = tokens
        self._payments: dict[str, int] = {}
        self.result = Result()

    def feed(self, lines: Iterable[DayLine], progress: Callable[[int], None]) -> Result:
        """Send every line in order; ``progress`` is told how many were answered."""
        for group in grouped(lines):
            if len(group) > 1:
                self._stream(group)
            else:
                self._call(group[0])
            progress(len(group))
        return self.result

    def _token(self, line: DayLine) -> str:
        if not self._tokens:
            return ""
        role = line.principal or "teller"
        if role not in self._tokens:
            raise InvalidInput(("principal", f"no token for the role {role!r}"))
        return self._tokens[role]

    def _call(self, line: DayLine) -> None:
        payment_id = self._payments.get(line.payment_of) if line.payment_of else None
        if line.payment_of and payment_id is None:
            self._count(line, NOT_MADE)
            return
        fields = {"command_id": line.command_id, **line.request_for(payment_id)}
        code = ""
        try:
            reply = _patiently(
                lambda: self._client.call(line.method, fields, token=self._token(line))
            )
            self._payments[line.command_id] = reply.receipt.position
        except CallRefused as refused:
            code = refused.reason
        self._count(line, code)

    def _stream(self, group: list[DayLine]) -> None:
        sent = request_class(methods()["StreamTransfers"])()
        for line in group:
            fields = {"command_id": line.command_id, **line.request}
            sent.transfers.add().CopyFrom(message("Transfer", fields))  # type: ignore[attr-defined]
        [reply] = _patiently(
            lambda: list(
                self._client.stream("StreamTransfers", iter([sent]), token=self._token(group[0]))
            )
        )
        for line, outcome in zip(group, reply.outcomes, strict=True):
            if outcome.code in RETRIED:
                self._call(line)
                continue
            if outcome.payment_id:
                self._payments[line.command_id] = outcome.payment_id
            self._count(line, outcome.code)

    def _count(self, line: DayLine, code: str) -> None:
        if code:
            self.result.refused += 1
        else:
            self.result.accepted += 1
        if code != (line.expect or ""):
            self.result.surprises.append((line.command_id, line.expect or "accepted", code))


def grouped(lines: Iterable[DayLine]) -> Iterator[list[DayLine]]:
    """Neighbouring transfers of one role together, every other line alone."""
    group: list[DayLine] = []
    for line in lines:
        joins = line.method == "Transfer" and len(group) < AT_ONCE
        if group and not (joins and group[0].principal == line.principal):
            yield group
            group = []
        group.append(line)
        if line.method != "Transfer":
            yield group
            group = []
    if group:
        yield group


def _patiently(call: Callable[[], Any]) -> Any:
    """The call's answer, asking again while the server has none to give."""
    again = Retrying(
        retry=retry_if_exception(lambda e: isinstance(e, CallRefused) and e.reason in RETRIED),
        wait=wait_exponential_jitter(initial=0.1, max=2),
        stop=stop_after_delay(RETRY_SECONDS),
        reraise=True,
    )
    return again(call)
