"""The books of deposits' interest, part of the general ledger's read model: a sub-ledger of 2231.

The end of a business date posts what all accounts have earned to its end less what was posted so
far (Dr 6411 Cr 2231), and what a settlement or a withdrawal pays is debited to 2231 by its own
event; so 2231 stands at what is not settled yet. Where a fact changed days that were posted before
(money dated back, an early withdrawal), the cut names the account and posts the difference, red
when it falls; what of it belongs to closed years goes through 6901, in blue.

Units: whole minor units of the account's currency.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Table, select

from kernel.accounts.events import AccountOpened
from kernel.bookkeeping.deposit_interest import Earned, agreement_lines, interest_lines
from kernel.bookkeeping.journal import Journal, kind_of
from kernel.bookkeeping.loan_journal import Place
from kernel.bookkeeping.rules import PostingRules
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Fact
from kernel.deposits import accrual, closed_years, interest
from kernel.deposits.accrual_lines import (
    AccrualLine,
    above_base_minor,
    demand_line,
    deposit_line,
    earned_to,
)
from kernel.deposits.events import DepositRatePublished
from kernel.deposits.interest import DAY, InterestState, Move
from kernel.deposits.rates import RatesState, demand_rates
from kernel.deposits.state import DepositState
from kernel.products.events import ProductDrafted
from kernel.projections import bulk
from kernel.projections.deposit_acts import ACTS, account_of, opened, take
from kernel.projections.deposit_lines import accrued, bend
from kernel.projections.deposit_rows import DepositRows, State
from kernel.projections.round import Facts

CUT_ACCOUNTS = 1000
"""How many accounts a cut folds at once."""


class DepositBooks(DepositRows):
    """The rows of accounts, and how facts and cuts change them."""

    def __init__(
        self,
        table: Callable[..., Table],
        journals: Table,
        journal_lines: Table,
        rules: PostingRules,
    ) -> None:
        super().__init__(table, journals, journal_lines)
        self.rules = rules

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Note rates, and what happened to accounts: their lines are drawn anew at the cut."""
        self._apply_rates(connection, facts)
        acts = facts.of(*ACTS)
        if not acts:
            return
        held = self.load(connection, {account_of(fact) for fact in acts})
        accounts = [fact.event for fact in acts if isinstance(fact.event, AccountOpened)]
        product_rates = self._product_rates(connection, accounts)
        listed, (_, posted_to) = self.listed(connection), self.last_cut(connection)
        settled: dict[bulk.Row, int] = {}
        past: dict[str, datetime.date] = {}
        for fact in acts:
            if isinstance(fact.event, AccountOpened):
                held[fact.event.account_id] = opened(fact, fact.event, product_rates)
                continue
            one = held[account_of(fact)]
            rates = listed.get(one.place.currency, RatesState())
            if minor := take(one, fact, posted_to, rates):
                key = _key(one.place)
                settled[key] = settled.get(key, 0) + minor
            if isinstance(one.state, InterestState) and one.state.settled_to is not None:
                past[one.account_id] = one.state.kept_from
        for account_id, minor in self.forget(connection, past):
            state = held[account_id].state
            assert isinstance(state, InterestState)
            opening = state.opening_minor + minor
            held[account_id].state = msgspec.structs.replace(state, opening_minor=opening)
        self.write(connection, held.values())
        bulk.add(connection, self.totals, [(*key, 0, minor, 0) for key, minor in settled.items()])

    def _apply_rates(self, connection: Connection, facts: Facts) -> None:
        rates: dict[bulk.Row, int] = {}
        for fact in facts.of(DepositRatePublished):
            event = fact.event
            assert isinstance(event, DepositRatePublished)
            key = (event.currency, event.line.value, event.tenor, event.effective_from)
            rates[key] = event.annual_rate_ppm
        bulk.put(connection, self.rates, [(*key, ppm) for key, ppm in rates.items()])
        products: dict[bulk.Row, int] = {}
        for fact in facts.of(ProductDrafted):
            assert isinstance(fact.event, ProductDrafted)
            version = fact.event.product_id, fact.event.version
            products[version] = fact.event.terms.annual_rate_ppm
        bulk.put(connection, self.products, [(*key, ppm) for key, ppm in products.items()])

    def _product_rates(
        self, connection: Connection, opened: Sequence[AccountOpened]
    ) -> dict[tuple[str, int], int]:
        wanted = {event.product_id for event in opened}
        rows = bulk.load(connection, self.products, "product_id", wanted)
        return {(row.product_id, row.version): row.annual_rate_ppm for row in rows}

    # -- the cut of a day

    def cut(self, connection: Connection, fact: Fact, first_line: int = 1) -> Journal | None:
        """The journal of what all accounts earned more or less since the cut before.

        Expects the journal lines of all facts before. ``first_line`` is the first free line.
        """
        assert isinstance(fact.event, BusinessDateAdvanced)
        ended = fact.event.previous
        after, posted_to = self.last_cut(connection)
        listed = self.listed(connection)
        late = bend(connection, self, after, fact.position, ended, listed)
        posted: list[Earned] = []
        agreed: list[tuple[Place, int]] = []
        todo = self.ended(connection, ended)
        for begin in range(0, len(todo), CUT_ACCOUNTS):
            part = todo[begin : begin + CUT_ACCOUNTS]
            posted += self._draw(connection, part, ended, posted_to, listed, late, agreed)
        posted += self._rest(connection, ended, listed, posted)
        bulk.insert(connection, self.cuts, [(fact.position, ended)])
        lines, alarm = interest_lines(posted, self.rules, ended, first_line)
        more, lacks = agreement_lines(agreed, self.rules, ended, first_line + len(lines))
        lines, alarm = (*lines, *more), alarm or lacks
        if not lines:
            return None
        return Journal(
            position=fact.position,
            booking_date=ended,
            value_date=ended,
            kind=kind_of(lines),
            lines=lines,
            alarm=alarm,
        )

    def earned(self, connection: Connection) -> dict[bulk.Row, int]:
        """What all accounts have earned to the last cut, added up anew by place."""
        _, ended = self.last_cut(connection)
        if ended is None:
            return {}
        found = accrued(connection, self, ended, self.listed(connection))
        return {_key(place): minor for place, minor in found.items()}

    def last_cut(self, connection: Connection) -> tuple[int, datetime.date | None]:
        """Position of the last cut, and the day that it ended; 0 and None before the first."""
        cuts = self.cuts
        row = connection.execute(select(cuts).order_by(cuts.c.position.desc()).limit(1)).first()
        return (0, None) if row is None else (row.position, row.day)

    def _draw(
        self,
        connection: Connection,
        account_ids: Iterable[str],
        ended: datetime.date,
        posted_to: datetime.date | None,
        listed: dict[str, RatesState],
        late: Mapping[str, Sequence[Move]],
        agreed: list[tuple[Place, int]],
    ) -> list[Earned]:
        """Draw these lines through the end of the day; what facts changed of days before it.

        ``late`` is money that counts from closed years. What goes over to agreement deposits, or
        back, is added to ``agreed``.
        """
        held = self.load(connection, account_ids)
        movements = self.movements(connection, held)
        changed: list[Earned] = []
        already = len(agreed)
        for account_id, one in held.items():
            rates, ppm = listed.get(one.place.currency, RatesState()), one.line.sort.rate_ppm
            state, prior, one.prior_minor = one.state, one.prior_minor, 0
            place = msgspec.structs.replace(one.place, account=f"deposit:{account_id}")
            if isinstance(state, InterestState):
                moves = tuple(movements.get(account_id, ()))
                state = msgspec.structs.replace(state, moves=moves)
                if mine := late.get(account_id):
                    by_day = demand_rates(rates, ppm)
                    prior = closed_years.by_money(state, mine, ended, by_day)
                state = interest.folded_away(state)
                above = above_base_minor(state, ended)
                if above != one.agreed_minor:
                    agreed.append((place, above - one.agreed_minor))
                    one.agreed_minor = above
            change = prior
            if posted_to is not None:
                now = _earned_to(state, posted_to, rates, ppm)
                if now is not None:
                    change = now - earned_to(one.line, posted_to, rates)
            if change or prior:
                changed.append(Earned(place, change, prior))
            one.line = _line_of(state, ended, rates, ppm)
        self.write(connection, held.values())
        grown: dict[bulk.Row, int] = {}
        for place, minor in agreed[already:]:
            grown[_key(place)] = grown.get(_key(place), 0) + minor
        bulk.add(connection, self.totals, [(*key, 0, 0, minor) for key, minor in grown.items()])
        return changed

    def _rest(
        self,
        connection: Connection,
        ended: datetime.date,
        listed: dict[str, RatesState],
        changed: Sequence[Earned],
    ) -> list[Earned]:
        """By place what was earned beside what ``changed``; the totals grow by both."""
        named: dict[bulk.Row, int] = {}
        for one in changed:
            named[_key(one.place)] = named.get(_key(one.place), 0) + one.minor
        posted = {
            (row.posting_class, row.branch_id, row.currency): row.accrued_minor
            for row in connection.execute(select(self.totals))
        }
        rest: list[Earned] = []
        grown: list[bulk.Row] = []
        for place, minor in accrued(connection, self, ended, listed).items():
            key = _key(place)
            if change := minor - posted.get(key, 0):
                grown.append((*key, change, 0, 0))
            rest.append(Earned(place, change - named.get(key, 0)))
        bulk.add(connection, self.totals, grown)
        return rest


def _line_of(state: State, day: datetime.date, rates: RatesState, product_ppm: int) -> AccrualLine:
    """The line of an account through the end of the day."""
    if isinstance(state, DepositState):
        return deposit_line(state, day, rates)
    return demand_line(state, day, rates, product_ppm)


def _earned_to(state: State, day: datetime.date, rates: RatesState, product_ppm: int) -> int | None:
    """What a fold says of a day that was posted; None of one that a settlement has passed."""
    if isinstance(state, DepositState):
        return accrual.accrued_to(state, day, rates)
    if state.settled_to is not None and day < state.settled_to - DAY:
        return None
    return interest.accrued_to(state, day, demand_rates(rates, product_ppm))


def _key(place: Place) -> bulk.Row:
    return place.posting_class, place.branch_id, place.currency
