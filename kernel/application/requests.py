"""A request as the engine takes it, and the answer that it gives, for ever the same."""

from __future__ import annotations

import hashlib
from functools import cache

import msgspec
from xxhash import xxh3_128_digest, xxh64_intdigest

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
    """Digest of what is asked (16 bytes): two requests are the same when it is equal.

    It guards a caller against his own mistakes and is no proof against anybody: whoever made two of
    his requests collide would hear the answer to his first one. Source: XXH3, 128 bits, seeded by
    the method, over the canonical JSON.
    """
    return xxh3_128_digest(_canonical(command), _seed(method))


@cache
def _seed(method: str) -> int:
    return xxh64_intdigest(method.encode())


def former_fingerprint(method: str, command: Command) -> bytes:
    """As ledgers say it that were begun before 2026-11-27: BLAKE2b."""
    return hashlib.blake2b(method.encode() + b"\0" + _canonical(command), digest_size=16).digest()


def outcome_fingerprint(outcome: Outcome) -> bytes:
    """The fingerprint that the answered request had."""
    if isinstance(outcome, Accepted):
        return outcome.facts[0].fingerprint
    return outcome.refusal.fingerprint


def outcome_of(answer: tuple[Fact, ...] | StoredRefusal) -> Outcome:
    """The answer as the log keeps it, as an outcome."""
    return Refused(answer) if isinstance(answer, StoredRefusal) else Accepted(answer)
