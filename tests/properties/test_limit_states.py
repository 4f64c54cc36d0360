"""Any history of limits: every node's use equals an independent sum, and what passes a check fits.

Commands go through the rules and the fold as the engine takes them, without a log in between.
Source: the bank's limit rules, as in the docstring of ``kernel.limits.tree``.
"""

from __future__ import annotations

import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kernel.common.facts import Event
from kernel.common.limit_uses import LimitUse, UseKind
from kernel.common.refusals import Refusal
from kernel.limits import commands, rules
from kernel.limits.commands import FreezeTrigger, HolderKind
from kernel.limits.state import INITIAL, LimitState, evolve, invariants
from kernel.limits.tree import LimitKind
from tests.support.given import DAY, fact, moment

AMOUNTS = st.integers(1, 40)
NAMES = "ABCDEF"


class Used(Event, frozen=True, kw_only=True):
    """An event of another area that uses a limit."""

    path: tuple[str, ...]
    use: LimitUse

    @property
    def entities(self) -> tuple[str, ...]:
        """The limits of the path."""
        return tuple(f"limit:{one}" for one in self.path)

    @property
    def limit_uses(self) -> tuple[LimitUse, ...]:
        """The use."""
        return (self.use,)


class Limits(RuleBasedStateMachine):
    """Limits opened, adjusted, frozen and used; a plain list of accepted uses beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, LimitState] = {}
        self.kinds: dict[str, tuple[LimitKind, int]] = {}
        self.parents: dict[str, str | None] = {}
        self.uses: list[LimitUse] = []
        self.cut: set[str] = set()

    @initialize()
    def begin(self) -> None:
        """A tree of three, so that every history has ancestors."""
        for name, parent in (("A", None), ("B", "A"), ("C", "B")):
            self.open(name, parent, LimitKind.REVOLVING, 40, 10_000)

    def write(self, event: Event) -> None:
        """Fold an event into every limit that it names."""
        for entity in event.entities:
            kind, _, limit_id = entity.partition(":")
            if kind == "limit":
                self.states[limit_id] = evolve(self.states.get(limit_id, INITIAL), fact(event))

    @rule(
        name=st.sampled_from(NAMES[3:]),
        parent=st.sampled_from([None, *NAMES]),
        kind=st.sampled_from(LimitKind),
        amount=AMOUNTS,
        ccf=st.sampled_from([0, 3_333, 10_000]),
    )
    def grant(self, name: str, parent: str | None, kind: LimitKind, amount: int, ccf: int) -> None:
        self.open(name, parent, kind, amount, ccf)

    def open(self, name: str, parent: str | None, kind: LimitKind, amount: int, ccf: int) -> None:
        command = commands.OpenLimit(
            limit_id=name,
            parent_limit_id=parent,
            holder_kind=HolderKind.CUSTOMER,
            holder_id="C",
            limit_kind=kind,
            amount_minor=amount,
            currency="CNY",
            valid_from=DAY,
            valid_until=datetime.date(2027, 1, 1),
            undrawn_ccf_bp=ccf,
        )
        above = None if parent is None else self.states.get(parent, INITIAL)
        try:
            event = rules.open_limit(command, self.states.get(name, INITIAL), above, ())
        except Refusal:
            assert name in self.states or parent not in self.open_ids()
            return
        self.write(event)
        self.kinds[name], self.parents[name] = (kind, ccf), parent

    def open_ids(self) -> set[str]:
        return {name for name, state in self.states.items() if not state.is_closed}

    def path(self, name: str) -> list[str]:
        """The limit and all above it, from what was asked."""
        found = [name]
        while (above := self.parents[found[-1]]) is not None:
            found.append(above)
        return found

    @rule(data=st.data(), contract=st.sampled_from("cd"), kind=st.sampled_from(UseKind), n=AMOUNTS)
    def use(self, data: st.DataObject, contract: str, kind: UseKind, n: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        use = LimitUse(
            limit_id=name, contract_id=contract, kind=kind, amount_minor=n, currency="CNY"
        )
        path = self.path(name)
        checked = kind in (UseKind.RESERVE, UseKind.USE)
        before = {one: self.counted(one, self.uses) for one in path}
        after = {one: self.counted(one, [*self.uses, use]) for one in path}
        if checked:
            try:
                rules.require_room([self.states[one] for one in path], use, moment())
                code = ""
            except Refusal as refusal:
                code = refusal.code
            stops = {
                "LIMIT_CLOSED": any(self.states[one].is_closed for one in path),
                "LIMIT_FROZEN": any(self.states[one].freezes for one in path),
                "LIMIT_EXCEEDED": any(
                    after[one] > max(before[one], self.amount(one)) for one in path
                ),
            }
            assert code == next((each for each in stops if stops[each]), ""), "not as it should be"
            if code:
                return
        self.write(Used(path=tuple(path), use=use))
        self.uses.append(use)

    def amount(self, name: str) -> int:
        limit = self.states[name].limit
        assert limit is not None
        return limit.amount_minor

    def counted(self, name: str, uses: list[LimitUse]) -> int:
        """What counts on a limit, summed anew from a plain list, contract by contract."""
        total = 0
        for own in self.parents:
            if name not in self.path(own):
                continue
            for contract in "cd":
                sums = dict.fromkeys(UseKind, 0)
                for use in uses:
                    if (use.limit_id, use.contract_id) == (own, contract):
                        sums[use.kind] += use.amount_minor
                total += self._of_contract(own, name, sums)
        return total

    def _of_contract(self, own: str, name: str, sums: dict[UseKind, int]) -> int:
        returns = self.kinds[name][0] is LimitKind.REVOLVING
        owed = max(0, sums[UseKind.USE] - sums[UseKind.RESTORE])
        drawable_again = returns and self.kinds[own][0] is LimitKind.REVOLVING
        drawn = owed if drawable_again else sums[UseKind.USE]
        undrawn = max(0, sums[UseKind.RESERVE] - sums[UseKind.RELEASE] - drawn)
        return (owed if returns else sums[UseKind.USE]) - (-undrawn * self.kinds[own][1] // 10_000)

    @rule(data=st.data(), trigger=st.sampled_from(FreezeTrigger), on=st.booleans())
    def freeze(self, data: st.DataObject, trigger: FreezeTrigger, on: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        state = self.states[name]
        try:
            if on:
                asked = commands.FreezeLimit(limit_id=name, trigger=trigger, reason="r")
                self.write(rules.freeze_limit(asked, state))
            else:
                gone = commands.UnfreezeLimit(limit_id=name, trigger=trigger, reason="r")
                self.write(rules.unfreeze_limit(gone, state))
        except Refusal:
            assert state.is_closed or (trigger in state.freezes) == on

    @rule(data=st.data(), amount=AMOUNTS)
    def adjust(self, data: st.DataObject, amount: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        asked = commands.AdjustLimit(limit_id=name, amount_minor=amount, reason="r")
        try:
            self.write(rules.adjust_limit(asked, self.states[name]))
        except Refusal:
            assert self.states[name].is_closed

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        asked = commands.CloseLimit(limit_id=name, reason="r")
        try:
            event = rules.close_limit(asked, self.states[name])
        except Refusal:
            return
        assert all(name not in self.path(one) for one in self.open_ids() - {name})
        self.write(event)

    @invariant()
    def every_node_counts_what_an_independent_sum_counts(self) -> None:
        for name, state in self.states.items():
            invariants(state)
            assert state.used_minor == self.counted(name, self.uses), name


TestLimits = Limits.TestCase
TestLimits.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
