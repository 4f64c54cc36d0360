"""What acts do to the row of one account in the books of deposits' interest.

Units: whole minor units of the account's currency.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.accounts.events import AccountOpened
from kernel.application import interest_fold
from kernel.bookkeeping.loan_journal import Place
from kernel.common.facts import Fact
from kernel.common.terms import AccountClass
from kernel.deposits import closed_years
from kernel.deposits import state as deposits
from kernel.deposits.accrual_lines import AccrualLine, Basis, Sort, resting_line, settled_line
from kernel.deposits.events import (
    AgreementSet,
    DepositEvent,
    DepositPaidOut,
    InterestSettled,
    TermDepositRolledOver,
)
from kernel.deposits.rates import RatesState
from kernel.deposits.state import DepositState
from kernel.projections.deposit_rows import ENDED, Held, State

ACTS = (AccountOpened, InterestSettled, AgreementSet, DepositEvent)
"""What happens to the interest of one account, beside money that moves."""


def take(one: Held, fact: Fact, posted_to: datetime.date | None, rates: RatesState) -> int:
    """Fold an act into the row of its account; how much interest it paid."""
    before, minor = one.state, paid_minor(fact, one.account_id)
    one.state = _folded(before, fact)
    if isinstance(before, DepositState) and isinstance(one.state, DepositState):
        one.prior_minor += closed_years.by_act(fact, before, one.state, rates)
    one.settled_minor += minor
    one.line = _line_after(one, fact, posted_to, rates)
    return minor


def paid_minor(fact: Fact, account_id: str) -> int:
    """Interest of the account that the fact pays out of what is payable, before tax."""
    event = fact.event
    if not isinstance(event, InterestSettled | DepositPaidOut | TermDepositRolledOver):
        return 0
    return event.interest_minor if account_of(fact) == account_id else 0


def account_of(fact: Fact) -> str:
    """The account of an act."""
    event = fact.event
    if isinstance(event, DepositEvent):
        return event.deposit_id
    assert isinstance(event, AccountOpened | InterestSettled | AgreementSet)
    return event.account_id


def opened(fact: Fact, event: AccountOpened, rates: dict[tuple[str, int], int]) -> Held:
    """A new account; ``rates`` are those of products, by version."""
    state: State = deposits.INITIAL
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


def _folded(state: State, fact: Fact) -> State:
    """The state after the fact; movements of current accounts are kept apart."""
    if isinstance(state, DepositState):
        return deposits.evolve(state, fact)
    return msgspec.structs.replace(interest_fold.evolve(state, fact), moves=())
