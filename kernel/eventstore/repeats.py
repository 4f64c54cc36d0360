"""Looking for commands of a batch that have their answer already, within its append."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.sql import quote

from kernel.common.facts import Fact
from kernel.eventstore.errors import CommandKeyTaken
from kernel.eventstore.log import StoredRefusal
from kernel.eventstore.rows import Row

# The unique key of the log stands guard over commands that were accepted; those that were refused
# are looked for. Ids that are ordered by time lie close together, so this says nearly always in a
# few words that there is none; where it finds many, each command is looked for by its own id.
NEIGHBOURS = 1_000
_KEYS = "SELECT principal, command_id FROM {} WHERE {} LIMIT {}"
_BETWEEN = "principal = {} AND command_id BETWEEN {} AND {}"
_ANY_OF = "principal = {} AND command_id = ANY(string_to_array({}, chr(10)))"


def refused_between(facts: Sequence[Fact]) -> str:
    """A statement for the refusals whose ids lie among those of the facts."""
    conditions = [
        _BETWEEN.format(quote(principal), quote(min(ids)), quote(max(ids)))
        for principal, ids in _ids(facts).items()
    ]
    return _KEYS.format("refusals", " OR ".join(conditions) or "false", NEIGHBOURS)


def any_in(table: str, answered: Sequence[Fact] | Sequence[StoredRefusal]) -> str:
    """A statement for one of the commands that the table has a row of.

    Ids go as the lines of one text. Neither they nor principals may hold a line break (fields.Id,
    Principal.name).
    """
    conditions = [
        _ANY_OF.format(quote(principal), quote("\n".join(ids)))
        for principal, ids in _ids(answered).items()
    ]
    return _KEYS.format(table, " OR ".join(conditions) or "false", 1)


def are_all(refused: Sequence[Row]) -> bool:
    """Whether these are all the refusals that lie among the ids of a batch."""
    return len(refused) < NEIGHBOURS


def require_unrefused(facts: Sequence[Fact], refused: Sequence[Row]) -> None:
    """None of the facts' commands is among those refused; CommandKeyTaken."""
    if refused and not {(fact.principal, fact.command_id) for fact in facts}.isdisjoint(refused):
        raise CommandKeyTaken("a command of the batch was refused before")


def _ids(answered: Sequence[Fact] | Sequence[StoredRefusal]) -> dict[str, list[str]]:
    """The command ids of each principal."""
    ids: dict[str, list[str]] = {}
    for one in answered:
        ids.setdefault(one.principal, []).append(one.command_id)
    return ids
