"""A request as the engine takes it, and the answer that it gives, for ever the same."""

from __future__ import annotations

import hashlib
from functools import cache

import msgspec

from kernel.common.commands import Command
from kernel.common.facts import Fact
from kernel.eventstore.log import CommandKey, StoredRefusal

_canonical = msgspec.json.Encoder(order="deterministic").encode


class Request(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who asks for what, and until when the answer is of use.

    ``deadline`` is in seconds of the monotonic clock of this process.
    """

    principal: str
    channel: str
    method: str
    command_id: str
    command: Command
    deadline: float

    @property
    def key(self) -> CommandKey:
        """Under which the answer is kept: ids are the principal's own, never shared."""
        return CommandKey(self.principal, self.command_id)


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The command was done: the facts it wrote, in order."""

    facts: tuple[Fact, ...]


class Refused(msgspec.Struct, frozen=True):
    """A rule said no; nothing was changed."""

    refusal: StoredRefusal


Outcome = Accepted | Refused


def fingerprint(method: str, command: Command) -> bytes:
    """Digest of what is asked (16 bytes): two requests are the same when it is equal."""
    digest = _begun(method).copy()
    digest.update(_canonical(command))
    return digest.digest()


@cache
def _begun(method: str) -> hashlib.blake2b:
    return hashlib.blake2b(method.encode() + b"\0", digest_size=16)


def outcome_fingerprint(outcome: Outcome) -> bytes:
    """The fingerprint that the answered request had."""
    if isinstance(outcome, Accepted):
        return outcome.facts[0].fingerprint
    return outcome.refusal.fingerprint


def outcome_of(answer: tuple[Fact, ...] | StoredRefusal) -> Outcome:
    """The answer as the log keeps it, as an outcome."""
    return Refused(answer) if isinstance(answer, StoredRefusal) else Accepted(answer)
