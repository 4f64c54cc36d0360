"""What late facts changed of the interest of closed years, made from the log alone.

Not by adding up what each cut posted: the year's interest with all money that was known when the
next one ended, less the same with what was known when it ended itself; by all quarters since the
account was opened.

Units: whole minor units. Sign: the customer's view.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from kernel.common.day_count import last_of_year_before
from kernel.common.facts import Fact
from kernel.common.legs import is_internal
from kernel.deposits.accrual import accrued_to
from kernel.deposits.balance_days import settlement_days
from kernel.deposits.events import AgreementSet, InterestSettled
from kernel.deposits.interest import DAY, InterestState, Move, open_periods
from kernel.deposits.rates import RatesState
from kernel.deposits.state import DepositState


class Late(msgspec.Struct, frozen=True):
    """Money of an account that was booked in a year and counts from an earlier one."""

    account_id: str
    year: int
    move: Move


class ClosedYears:
    """Late money by account, and what late acts on deposits changed; both to the last cut."""

    def __init__(self) -> None:
        self.late: dict[str, list[Late]] = {}
        self.of_acts: dict[str, int] = {}
        self._waiting: list[Late] = []
        self._waiting_acts: list[tuple[str, int]] = []
        self._agreements: dict[str, list[AgreementSet]] = {}
        self._closings: dict[str, list[datetime.date]] = {}

    def money(self, fact: Fact) -> None:
        """Note what a late fact moves."""
        year, on = fact.booking_date.year, fact.value_date
        for leg in fact.event.legs:
            if not is_internal(leg.account):
                self._waiting.append(Late(leg.account, year, (on, -leg.amount_minor)))

    def act(self, fact: Fact, before: DepositState, after: DepositState, rates: RatesState) -> None:
        """Note what an act changes of a term or notice deposit."""
        last = last_of_year_before(fact.booking_date)
        if fact.value_date <= last:
            minor = accrued_to(after, last, rates) - accrued_to(before, last, rates)
            self._waiting_acts.append((after.deposit_id, minor))

    def note(self, event: InterestSettled | AgreementSet) -> None:
        """Keep agreements, and settlements on other days than those of quarters."""
        if isinstance(event, AgreementSet):
            self._agreements.setdefault(event.account_id, []).append(event)
        elif settlement_days(event.settled_on, event.settled_on) != [event.settled_on]:
            self._closings.setdefault(event.account_id, []).append(event.settled_on + DAY)

    def cut(self) -> None:
        """A day ended."""
        for each in self._waiting:
            self.late.setdefault(each.account_id, []).append(each)
        for deposit_id, minor in self._waiting_acts:
            self.of_acts[deposit_id] = self.of_acts.get(deposit_id, 0) + minor
        self._waiting, self._waiting_acts = [], []

    def of_money(
        self, state: InterestState, moves: Sequence[Move], demand_rates: Mapping[datetime.date, int]
    ) -> int:
        """What late money of the account changed; ``moves`` are all that it ever had."""
        late, total = self.late[state.account_id], 0
        for year in sorted({each.year for each in late}):
            last = datetime.date(year - 1, 12, 31)
            now = _without(moves, (each.move for each in late if each.year > year))
            then = _without(moves, (each.move for each in late if each.year >= year))
            total += self._earned(state, now, last, demand_rates)
            total -= self._earned(state, then, last, demand_rates)
        return total

    def _earned(
        self,
        state: InterestState,
        moves: tuple[Move, ...],
        last: datetime.date,
        demand_rates: Mapping[datetime.date, int],
    ) -> int:
        """All interest of the account to the end of ``last`` as if none was ever settled."""
        state = InterestState(
            account_id=state.account_id, currency=state.currency, is_demand=True,
            is_corporate=state.is_corporate, opened_on=state.opened_on, moves=moves,
            agreements=tuple(self._agreements.get(state.account_id, ())),
        )  # fmt: skip
        total = 0
        for stop in self._closings.get(state.account_id, ()):
            if stop <= last:
                periods = open_periods(state, stop - DAY, demand_rates, stop)
                total += sum(each.interest_minor for each in periods)
                state = msgspec.structs.replace(state, settled_to=stop)
        periods = open_periods(state, last, demand_rates)
        return total + sum(each.interest_minor for each in periods)


def _without(moves: Sequence[Move], others: Iterable[Move]) -> tuple[Move, ...]:
    """The movements by day less some of them."""
    days = dict(moves)
    for on, change in others:
        days[on] = days.get(on, 0) - change
    return tuple(sorted(days.items()))
