"""Properties of the books: balanced journals, and a ledger that does not care about the order."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from kernel.bookkeeping.journal import (
    AccountFacts,
    Journal,
    JournalKind,
    journal,
    two_leg_journal,
)
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.common.facts import Event, Fact
from kernel.common.legs import InternalAccount, Leg, internal
from kernel.payments.events import PaymentReversed
from kernel.projections import checks
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.queries import accounts, ledger
from kernel.projections.queries.reading import Reader
from tests.support.bank_facts import (
    DAY_1,
    DAY_2,
    deposited,
    fact,
    log_of,
    next_day,
    opened,
    opening_day,
    transferred,
    withdrawn,
)

BRANCHES = ("0755", "0451", "0010")
ACCOUNTS = {
    "a": AccountFacts("0755", "PERSONAL_CURRENT"),
    "b": AccountFacts("0451", "PERSONAL_CURRENT"),
    "c": AccountFacts("0755", "CORPORATE_CURRENT"),
    "d": AccountFacts("0010", "NO_RULE_FOR_THIS"),
}
NAMES = st.sampled_from(
    [*ACCOUNTS, *(internal(kind, branch) for kind in InternalAccount for branch in BRANCHES)]
)
AMOUNTS = st.integers(-(10**12), 10**12)


@st.composite
def balanced_legs(draw: st.DrawFn) -> tuple[Leg, ...]:
    """Legs over accounts, branches and currencies that sum to zero per currency."""
    legs: list[Leg] = []
    for currency in draw(st.sets(st.sampled_from(["CNY", "JPY"]), min_size=1)):
        moved = draw(st.lists(st.tuples(NAMES, AMOUNTS), min_size=1, max_size=6))
        rest = -sum(minor for _, minor in moved)
        for account, minor in [*moved, (draw(NAMES), rest)]:
            legs.append(
                Leg(account=account, amount_minor=minor, currency=currency, purpose="REVERSAL")
            )
    return tuple(legs)


def reversal(legs: tuple[Leg, ...], original: datetime.date) -> Fact:
    """The event that may hold any balanced legs."""
    event = PaymentReversed(
        payment_id=1, original_booking_date=original, reversing_legs=legs, reason="any"
    )
    return fact(event, 9, DAY_1)


def net_by_account(made: Journal) -> dict[tuple[str, str], int]:
    """Debit less credit per account and currency, without the lines between branches."""
    net: dict[tuple[str, str], int] = {}
    for line in made.lines:
        if line.account:
            key = (line.account, line.currency)
            net[key] = net.get(key, 0) + line.debit_minor - line.credit_minor
    return {key: minor for key, minor in net.items() if minor}


@settings(max_examples=100, deadline=None)
@given(legs=balanced_legs(), years_ago=st.integers(0, 2))
def test_every_journal_balances_per_branch_and_currency(
    legs: tuple[Leg, ...], years_ago: int
) -> None:
    original = DAY_1.replace(year=DAY_1.year - years_ago)
    made = journal(reversal(legs, original), ACCOUNTS, POSTING_RULES)
    if made is None:
        assert not any(leg.amount_minor for leg in legs)
        return
    assert made.kind is (JournalKind.BLUE if years_ago else JournalKind.RED)
    sums: dict[tuple[str, str], int] = {}
    for line in made.lines:
        assert (line.debit_minor == 0) != (line.credit_minor == 0)
        key = (line.branch_id, line.currency)
        sums[key] = sums.get(key, 0) + line.debit_minor - line.credit_minor
    assert not any(sums.values())


@settings(max_examples=100, deadline=None)
@given(legs=balanced_legs())
def test_red_or_blue_the_accounts_end_the_same(legs: tuple[Leg, ...]) -> None:
    red = journal(reversal(legs, DAY_1), ACCOUNTS, POSTING_RULES)
    blue = journal(reversal(legs, DAY_1.replace(year=2025)), ACCOUNTS, POSTING_RULES)
    if red is None or blue is None:
        assert red is blue
        return
    assert net_by_account(red) == net_by_account(blue)
    moved: dict[tuple[str, str], int] = {}
    for leg in legs:
        key = (leg.account, leg.currency)
        moved[key] = moved.get(key, 0) + leg.amount_minor
    assert net_by_account(red) == {key: minor for key, minor in moved.items() if minor}


TWO_LEGGED = st.one_of(
    st.builds(
        transferred,
        st.sampled_from(sorted(ACCOUNTS)),
        st.sampled_from(sorted(ACCOUNTS)),
        st.integers(0, 10**12),
    ),
    st.builds(
        lambda account, minor, branch: deposited(account, minor, branch_id=branch),
        st.sampled_from(sorted(ACCOUNTS)),
        st.integers(0, 10**12),
        st.sampled_from(BRANCHES),
    ),
)


@settings(max_examples=300, deadline=None)
@given(event=TWO_LEGGED, value_date=st.sampled_from([None, DAY_2]))
def test_the_short_path_of_two_legs_says_what_the_full_rule_says(
    event: Event, value_date: datetime.date | None
) -> None:
    one = fact(event, 9, DAY_1, value_date)
    short, full = (
        two_leg_journal(one, event.legs, ACCOUNTS, POSTING_RULES),
        journal(one, ACCOUNTS, POSTING_RULES),
    )
    if full is None or full.alarm:
        assert short is None
    else:
        assert short == full


@settings(max_examples=100, deadline=None)
@given(legs=balanced_legs())
def test_the_short_path_leaves_reversals_to_the_full_rule(legs: tuple[Leg, ...]) -> None:
    assert two_leg_journal(reversal(legs, DAY_1), legs, ACCOUNTS, POSTING_RULES) is None


def test_the_short_path_leaves_unbalanced_legs_to_the_full_rule() -> None:
    debit, credit = transferred("a", "b", 5).legs
    one = fact(transferred("a", "b", 5), 9, DAY_1)
    for wrong in (
        msgspec.structs.replace(credit, amount_minor=-4),
        msgspec.structs.replace(credit, currency="JPY"),
    ):
        assert two_leg_journal(one, (debit, wrong), ACCOUNTS, POSTING_RULES) is None


# -- on a real database


MINOR = st.integers(1, 10**9)
HOLDERS = ("li", "far", "works")
MONEY = st.one_of(
    st.builds(
        lambda account, minor, branch: deposited(account, minor, branch_id=branch),
        st.sampled_from(HOLDERS),
        MINOR,
        st.sampled_from(BRANCHES),
    ),
    st.builds(
        lambda account, minor, branch: withdrawn(account, minor, branch_id=branch),
        st.sampled_from(HOLDERS),
        MINOR,
        st.sampled_from(BRANCHES),
    ),
    st.builds(transferred, st.sampled_from(HOLDERS), st.sampled_from(HOLDERS), MINOR),
)
Dated = tuple[Event, datetime.date, datetime.date]
DAYS = st.sampled_from([DAY_1, DAY_2])


def wiped(engine: Engine) -> Engine:
    """The same ledger with empty read models."""
    tables = [table.name for model in READ_MODELS.all for table in model.tables]
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(tables)}, projections, alarms"))
    return engine


def books_after(engine: Engine, money: Sequence[Dated]) -> tuple[object, ...]:
    """Trial balances of both days and all balances, after the money facts in this order."""
    facts = opening_day(
        opened("li"), opened("far", "0451"), opened("works", posting_class="CORPORATE_CURRENT")
    )
    facts = next_day(facts, DAY_2)
    for event, booking_date, value_date in money:
        facts.append(fact(event, len(facts) + 1, booking_date, value_date))
    Follower(wiped(engine), log_of(facts), batch_size=3).catch_up()
    reader = Reader(engine)
    models = READ_MODELS
    with engine.connect() as connection:
        totals = connection.execute(select(models.balances.totals)).all()
        assert (
            checks.audit(connection, models.balances, models.statements, models.ledger, DAY_2) == []
        )
    return (
        ledger.trial_balance(reader, DAY_1).rows,
        ledger.trial_balance(reader, DAY_2).rows,
        [accounts.balance(reader, holder, day) for holder in HOLDERS for day in (DAY_1, DAY_2)],
        sorted(tuple(row) for row in totals),
    )


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_order_of_the_same_money_gives_the_same_books(
    engine: Engine, data: st.DataObject
) -> None:
    money = data.draw(st.lists(st.tuples(MONEY, DAYS, DAYS), min_size=1, max_size=7))
    shuffled = data.draw(st.permutations(money))
    assert books_after(engine, money) == books_after(engine, shuffled)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_what_was_known_then_is_what_a_ledger_cut_there_says(
    engine: Engine, data: st.DataObject
) -> None:
    money = data.draw(st.lists(st.tuples(MONEY, DAYS, DAYS), min_size=2, max_size=7))
    cut = data.draw(st.integers(0, len(money) - 1))
    books_after(engine, money)
    known_at = 5 + cut
    reader = Reader(engine)
    then = [ledger.trial_balance(reader, day, known_at).rows for day in (DAY_1, DAY_2)]
    stood = [
        accounts.balance(reader, holder, day, known_at)
        for holder in HOLDERS
        for day in (DAY_1, DAY_2)
    ]
    before = books_after(engine, money[:cut])
    assert then == list(before[:2])
    assert stood == before[2]
