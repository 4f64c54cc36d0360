"""What the close of a day asks of accounts and deposits: maturity, interest, the dormancy ladder.

Which accounts there are is read off the read model as of the cut, page by page; what is due is
folded from the log up to the cut. Term deposits are looked at every day, current accounts only on
the first close from a settlement day on, and for dormancy on the first close of a month.

Units: days, months.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ARRAY, Engine, Text, bindparam, select, text

from kernel.accounts.commands import DormancyStep, TakeDormancyStep
from kernel.accounts.dormancy import step_due
from kernel.application.fold import Fold
from kernel.application.folds import ACTIVITY, BORROWINGS, CONTRACT, DEPOSIT, INTEREST
from kernel.close.tables import Cut
from kernel.common.commands import Command
from kernel.common.facts import Fact
from kernel.common.terms import AccountClass
from kernel.deposits.balance_days import settlement_days
from kernel.deposits.commands import SettleInterest
from kernel.deposits.due import Due, interest_due, maturity_due
from kernel.eventstore.log import Log
from kernel.loans.contract_state import ContractStatus
from kernel.loans.events import parts_of
from kernel.projections.models import READ_MODELS

PAGE = 500
"""Accounts whose facts are in memory at once."""
QUARTER = datetime.timedelta(days=100)
_DEPOSITS, _CURRENT = "D", "C"
Histories = Mapping[str, list[Fact]]


class Ask(NamedTuple):
    """A command of the close, by the name of its method; the same id is the same command."""

    method: str
    command_id: str
    fields: dict[str, Any]


class Page(NamedTuple):
    """What is asked of some accounts, in rounds that wait for each other; where the page ends."""

    rounds: tuple[list[Ask], ...]
    last: str


class Account(NamedTuple):
    """An account as the read model names it."""

    account_id: str
    customer_id: str
    is_deposit: bool


def page_after(
    sql: Engine, log: Log, cut: Cut, opened: datetime.date, last: str = ""
) -> Page | None:
    """What is due at the cut on the accounts behind a page's end; None when there are no more.

    Deposits come first, so that what matures counts as a balance from its day. ``opened`` is the
    business date behind the cut. Expects read models that hold it. Raises DBAPIError, LogError.
    """
    kind, after = last[:1] or _DEPOSITS, last[1:]
    accounts = _accounts(sql, cut, after, are_deposits=kind == _DEPOSITS)
    if not accounts and kind == _DEPOSITS and (settles(cut) or looks_for_dormancy(cut)):
        kind = _CURRENT
        accounts = _accounts(sql, cut, "", are_deposits=False)
    if not accounts:
        return None
    wanted = [f"deposit:{one.account_id}" for one in accounts if one.is_deposit]
    wanted += [f"account:{one.account_id}" for one in accounts if not one.is_deposit]
    histories = _histories(log, wanted, cut)
    dues = [*_maturities(accounts, histories, cut), *_interest(accounts, histories, cut)]
    closing, steps = _dormancy(sql, log, accounts, histories, cut, opened)
    return Page((dues, closing, steps), kind + accounts[-1].account_id)


def settles(cut: Cut) -> bool:
    """Whether this close is the first one from a settlement day on."""
    last = settlement_days(cut.date - QUARTER, cut.date)[-1]
    return cut.previous is None or cut.previous < last


def looks_for_dormancy(cut: Cut) -> bool:
    """Whether this close is the first one of a month."""
    before = cut.previous
    return before is None or (before.year, before.month) != (cut.date.year, cut.date.month)


def _accounts(sql: Engine, cut: Cut, after: str, *, are_deposits: bool) -> list[Account]:
    c = READ_MODELS.balances.accounts.c
    query = select(c.account_id, c.customer_id).where(
        (c.account_class == AccountClass.DEPOSIT.value) == are_deposits,
        c.account_id > after,
        c.opened_position <= cut.position,
    )
    with sql.connect() as connection:
        rows = connection.execute(query.order_by(c.account_id).limit(PAGE)).all()
    return [Account(row.account_id, row.customer_id, are_deposits) for row in rows]


def _histories(log: Log, entities: Sequence[str], cut: Cut) -> Histories:
    found = log.history(dict.fromkeys(entities, 0)) if entities else {}
    return {
        entity: [fact for fact in facts if fact.position <= cut.position]
        for entity, facts in found.items()
    }


def _state(fold: Fold[Any], histories: Histories, entity_id: str) -> Any:
    return reduce(fold.evolve, histories.get(f"{fold.kind}:{entity_id}", ()), fold.initial)


def _ask(command: Command, command_id: str) -> Ask:
    return Ask(type(command).__name__, command_id, msgspec.to_builtins(command))


def _asks(dues: Sequence[Due | None]) -> list[Ask]:
    return [_ask(due.command, due.key) for due in dues if due is not None]


def _maturities(accounts: Sequence[Account], histories: Histories, cut: Cut) -> list[Ask]:
    deposits = [one.account_id for one in accounts if one.is_deposit]
    return _asks([maturity_due(_state(DEPOSIT, histories, each), cut.date) for each in deposits])


def _interest(accounts: Sequence[Account], histories: Histories, cut: Cut) -> list[Ask]:
    if not settles(cut):
        return []
    current = [one.account_id for one in accounts if not one.is_deposit]
    return _asks([interest_due(_state(INTEREST, histories, each), cut.date) for each in current])


def _dormancy(
    sql: Engine,
    log: Log,
    accounts: Sequence[Account],
    histories: Histories,
    cut: Cut,
    opened: datetime.date,
) -> tuple[list[Ask], list[Ask]]:
    """Interest to be settled first, and the steps that are due."""
    if not looks_for_dormancy(cut):
        return [], []
    due = {
        one: step
        for one in accounts
        if not one.is_deposit
        and (step := step_due(_state(ACTIVITY, histories, one.account_id), cut.date)) is not None
    }
    ends = [one for one, step in due.items() if step in _OF_BORROWERS_NEVER]
    borrowers = _borrowers(sql, log, ends, histories, cut)
    closing: list[Ask] = []
    steps: list[Ask] = []
    for one, step in due.items():
        account_id = one.account_id
        if one in borrowers:
            continue
        if step is DormancyStep.LONG_SUSPENSE:
            until = opened - datetime.timedelta(days=1)
            last = SettleInterest(account_id=account_id, settled_on=until, closing=True)
            closing.append(_ask(last, f"SettleInterest:{account_id}@{cut.date}@closing"))
        key = f"TakeDormancyStep:{account_id}@{cut.date}@{step.value}"
        steps.append(_ask(TakeDormancyStep(account_id=account_id, step=step), key))
    return closing, steps


_OF_BORROWERS_NEVER = (DormancyStep.NOTICE, DormancyStep.LONG_SUSPENSE)


_OWING = text(
    """
    SELECT wanted.account_id FROM unnest(:accounts, :customers) AS wanted (account_id, customer_id)
    WHERE EXISTS (
        SELECT FROM loan_books WHERE is_open = 1
        AND (header::jsonb ->> 'debit_account_id' = wanted.account_id
             OR header::jsonb -> 'customer_ids' @> to_jsonb(wanted.customer_id)))
    """
).bindparams(bindparam("accounts", type_=ARRAY(Text)), bindparam("customers", type_=ARRAY(Text)))
"""Accounts whose holder owes on a loan, or from which one is repaid, taken over ones included."""


def _borrowers(
    sql: Engine, log: Log, accounts: Sequence[Account], histories: Histories, cut: Cut
) -> set[Account]:
    """Those whose holder owes or may draw, or that a loan was paid to or is repaid from."""
    customers = _histories(log, [f"customer:{one.customer_id}" for one in accounts], cut)
    contracts_of: dict[Account, set[str]] = {}
    for one in accounts:
        named = _state(BORROWINGS, customers, one.customer_id).contract_ids
        facts = [
            *customers.get(f"customer:{one.customer_id}", ()),
            *histories.get(f"account:{one.account_id}", ()),
        ]
        parts = [part for fact in facts for part in parts_of(fact.event)]
        contracts_of[one] = {*named, *(part.contract_id for part in parts)}
    wanted = sorted({each for ids in contracts_of.values() for each in ids})
    contracts = _histories(log, [f"contract:{each}" for each in wanted], cut)
    runs = {
        each
        for each in wanted
        if (state := _state(CONTRACT, contracts, each)).outstanding_minor
        or state.status is ContractStatus.SIGNED
    }
    owing = {one for one, ids in contracts_of.items() if ids & runs}
    if len(owing) == len(accounts):
        return owing
    names = {
        "accounts": [one.account_id for one in accounts],
        "customers": [one.customer_id for one in accounts],
    }
    with sql.connect() as connection:
        found = set(connection.scalars(_OWING, names))
    return owing | {one for one in accounts if one.account_id in found}
