"""Use cases of rate indices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.application.books import Books
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.moment import Moment
from kernel.rates import commands, rules

Events = tuple[Event, ...]


def publish_index_rate(command: commands.PublishIndexRate, books: Books, at: Moment) -> Events:
    """Write down what was published."""
    return (rules.publish(command, books.index(command.index_id), at),)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    commands.PublishIndexRate: publish_index_rate,
}
