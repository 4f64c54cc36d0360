"""The books of deposits' interest, part of the general ledger's read model: a sub-ledger of 2231.

The end of a business date posts what all accounts have earned to its end less what was posted so
far (Dr 6411 Cr 2231), and what a settlement or a withdrawal pays is debited to 2231 by its own
event; so 2231 stands at what is not settled yet. Where a fact changed days that were posted before
(money dated back, an early withdrawal), the cut names the account and posts the difference, red
when it falls.

Units: whole minor units of the account's currency.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence

import msgspec
from sqlalchemy import Connection, Table, select

from kernel.accounts.events import AccountOpened
from kernel.application import interest_fold
from kernel.bookkeeping.deposit_interest import agreement_lines, interest_lines
from kernel.bookkeeping.journal import Journal, JournalKind
from kernel.bookkeeping.loan_journal import Place
from kernel.bookkeeping.rules import PostingRules
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Fact
from kernel.common.terms import AccountClass
from kernel.deposits import accrual, interest
from kernel.deposits import state as deposits
from kernel.deposits.accrual_lines import (
    AccrualLine,
    Basis,
    Sort,
    above_base_minor,
    demand_line,
    deposit_line,
    earned_to,
    resting_line,
    settled_line,
)
from kernel.deposits.events import (
    AgreementSet,
    DepositEvent,
    DepositPaidOut,
    DepositRatePublished,
    InterestSettled,
    TermDepositRolledOver,
)
from kernel.deposits.interest import DAY, InterestState
from kernel.deposits.rates import RatesState, demand_rates
from kernel.deposits.state import DepositState
from kernel.products.events import ProductDrafted
from kernel.projections import bulk
from kernel.projections.deposit_rows import ENDED, DepositRows, Held
from kernel.projections.round import Facts

CUT_ACCOUNTS = 1000
"""How many accounts a cut folds at once."""
ACTS = (AccountOpened, InterestSettled, AgreementSet, DepositEvent)
"""What happens to the interest of one account, beside money that moves."""


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
        held = self.load(connection, {_account_of(fact) for fact in acts})
        opened = [fact.event for fact in acts if isinstance(fact.event, AccountOpened)]
        product_rates = self._product_rates(connection, opened)
        listed, (_, posted_to) = self.listed(connection), self.last_cut(connection)
        settled: dict[bulk.Row, int] = {}
        past: dict[str, datetime.date] = {}
        for fact in acts:
            if isinstance(fact.event, AccountOpened):
                held[fact.event.account_id] = _opened(fact, fact.event, product_rates)
                continue
            one = held[_account_of(fact)]
            one.state = _folded(one.state, fact)
            if minor := paid_minor(fact, one.account_id):
                one.settled_minor += minor
                key = _key(one.place)
                settled[key] = settled.get(key, 0) + minor
            rates = listed.get(one.place.currency, RatesState())
            one.line = _line_after(one, fact, posted_to, rates)
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
        self.bend(connection, after, fact.position, ended, listed)
        posted: list[tuple[Place, int]] = []
        agreed: list[tuple[Place, int]] = []
        todo = self.ended(connection, ended)
        for begin in range(0, len(todo), CUT_ACCOUNTS):
            part = todo[begin : begin + CUT_ACCOUNTS]
            posted += self._draw(connection, part, ended, posted_to, listed, agreed)
        posted += self._rest(connection, ended, listed, posted)
        bulk.insert(connection, self.cuts, [(fact.position, ended)])
        lines, alarm = interest_lines(posted, self.rules, ended, first_line)
        more, lacks = agreement_lines(agreed, self.rules, ended, first_line + len(lines))
        lines, alarm = (*lines, *more), alarm or lacks
        if not lines:
            return None
        is_red = any(line.debit_minor < 0 or line.credit_minor < 0 for line in lines)
        return Journal(
            position=fact.position,
            booking_date=ended,
            value_date=ended,
            kind=JournalKind.RED if is_red else JournalKind.ORDINARY,
            lines=lines,
            alarm=alarm,
        )

    def earned(self, connection: Connection) -> dict[bulk.Row, int]:
        """What all accounts have earned to the last cut, added up anew by place."""
        _, ended = self.last_cut(connection)
        if ended is None:
            return {}
        found = self.accrued(connection, ended, self.listed(connection))
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
        agreed: list[tuple[Place, int]],
    ) -> list[tuple[Place, int]]:
        """Draw these lines through the end of the day; what facts changed of days before it.

        What goes over to agreement deposits, or back, is added to ``agreed``.
        """
        held = self.load(connection, account_ids)
        movements = self.movements(connection, held)
        changed: list[tuple[Place, int]] = []
        already = len(agreed)
        for account_id, one in held.items():
            rates, ppm = listed.get(one.place.currency, RatesState()), one.line.sort.rate_ppm
            state = one.state
            place = msgspec.structs.replace(one.place, account=f"deposit:{account_id}")
            if isinstance(state, InterestState):
                moves = tuple(movements.get(account_id, ()))
                state = interest.folded_away(msgspec.structs.replace(state, moves=moves))
                above = above_base_minor(state, ended)
                if above != one.agreed_minor:
                    agreed.append((place, above - one.agreed_minor))
                    one.agreed_minor = above
            if posted_to is not None:
                was = earned_to(one.line, posted_to, rates)
                now = _earned_to(state, posted_to, rates, ppm)
                if now is not None and now != was:
                    changed.append((place, now - was))
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
        changed: Sequence[tuple[Place, int]],
    ) -> list[tuple[Place, int]]:
        """By place what was earned beside what ``changed``; the totals grow by both."""
        named: dict[bulk.Row, int] = {}
        for place, minor in changed:
            named[_key(place)] = named.get(_key(place), 0) + minor
        posted = {
            (row.posting_class, row.branch_id, row.currency): row.accrued_minor
            for row in connection.execute(select(self.totals))
        }
        rest: list[tuple[Place, int]] = []
        grown: list[bulk.Row] = []
        for place, minor in self.accrued(connection, ended, listed).items():
            key = _key(place)
            if change := minor - posted.get(key, 0):
                grown.append((*key, change, 0, 0))
            rest.append((place, change - named.get(key, 0)))
        bulk.add(connection, self.totals, grown)
        return rest


def _line_of(
    state: InterestState | DepositState, day: datetime.date, rates: RatesState, product_ppm: int
) -> AccrualLine:
    """The line of an account through the end of the day."""
    if isinstance(state, DepositState):
        return deposit_line(state, day, rates)
    return demand_line(state, day, rates, product_ppm)


def _earned_to(
    state: InterestState | DepositState, day: datetime.date, rates: RatesState, product_ppm: int
) -> int | None:
    """What a fold says of a day that was posted; None of one that a settlement has passed."""
    if isinstance(state, DepositState):
        return accrual.accrued_to(state, day, rates)
    if state.settled_to is not None and day < state.settled_to - DAY:
        return None
    return interest.accrued_to(state, day, demand_rates(rates, product_ppm))


def paid_minor(fact: Fact, account_id: str) -> int:
    """Interest of the account that the fact pays out of what is payable, before tax."""
    event = fact.event
    if not isinstance(event, InterestSettled | DepositPaidOut | TermDepositRolledOver):
        return 0
    return event.interest_minor if _account_of(fact) == account_id else 0


def _account_of(fact: Fact) -> str:
    event = fact.event
    if isinstance(event, DepositEvent):
        return event.deposit_id
    assert isinstance(event, AccountOpened | InterestSettled | AgreementSet)
    return event.account_id


def _opened(fact: Fact, event: AccountOpened, rates: dict[tuple[str, int], int]) -> Held:
    state: InterestState | DepositState = deposits.INITIAL
    line = AccrualLine(sort=Sort(Basis.NOTHING, event.currency), until=ENDED)
    if is_demand := event.account_class is not AccountClass.DEPOSIT:
        state = interest_fold.evolve(interest_fold.INITIAL, fact)
        ppm = rates.get((event.product_id, event.product_version), 0)
        line = resting_line(state, ppm)
    return Held(
        account_id=event.account_id,
        place=Place(event.branch_id, event.posting_class, event.currency),
        is_demand=is_demand,
        state=state,
        line=line,
    )


def _line_after(
    one: Held, fact: Fact, posted_to: datetime.date | None, rates: RatesState
) -> AccrualLine:
    """The line after an act: a plain settlement to the last cut lets it go on, all else ends it."""
    event, found = fact.event, None
    if isinstance(event, InterestSettled) and event.settled_on == posted_to:
        paid_minor = one.settled_minor + event.carried_minor
        found = settled_line(one.line, event.settled_on, paid_minor, rates)
    return found or msgspec.structs.replace(one.line, until=ENDED)


def _folded(state: InterestState | DepositState, fact: Fact) -> InterestState | DepositState:
    """The state after the fact; movements of current accounts are kept apart."""
    if isinstance(state, DepositState):
        return deposits.evolve(state, fact)
    return msgspec.structs.replace(interest_fold.evolve(state, fact), moves=())


def _key(place: Place) -> bulk.Row:
    return place.posting_class, place.branch_id, place.currency
