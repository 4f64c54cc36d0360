"""How one kind of state is made from facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from kernel.common.facts import Fact

S = TypeVar("S")


class Fold(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """How one kind of state is made: ``evolve`` over the facts of ``kind:id``, from ``initial``.

    ``born_at_position`` folds begin with the fact whose position is the entity's id.
    ``version`` changes when the meaning of the state changes; older snapshots are then ignored.
    ``running`` gives a short mutable form of a state on which common events can be folded
    cheaply, or None when the state has none; ``settled`` folds the form back. One fold has them.
    ``on_demand`` states are folded only for commands that ask for them, and kept for one batch.
    """

    name: str
    kind: str
    initial: S
    evolve: Callable[[S, Fact], S]
    version: int = 1
    born_at_position: bool = False
    running: Callable[[S], Any] | None = None
    settled: Callable[[S, Any], S] | None = None
    on_demand: bool = False
