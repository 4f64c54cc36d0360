"""Every kind of damage to a ledger is found, and by the check that is there for it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.database import Database
from kernel.audit.finding import Verdict
from kernel.audit.pages import Page, split
from kernel.audit.postings import Postings
from kernel.audit.recomputed import Recomputed
from kernel.audit.verify import verify
from kernel.bookkeeping.journal import AccountFacts, journal
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Event, Fact
from kernel.eventstore.catalogue import EVENTS as CODEC
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.postgres import PostgresLog
from kernel.eventstore.rows import Stored
from kernel.payments.events import Transferred
from kernel.projections.follower import Follower
from tests.support.bank import running_bank, transfer
from tests.support.bank_facts import DAY_1, DAY_2, deposited, fact, opened, transferred, withdrawn


@pytest.fixture
def audited(postgres_url: str, schema_name: str) -> Iterator[tuple[psycopg.Connection, Database]]:
    """A bank with payments and a refusal, indexed and projected; and a hand on its tables."""
    log = PostgresLog(postgres_url, schema_name)
    with running_bank(log) as bank:
        bank.open_day()
        for number in range(30):
            bank.done("Transfer", f"t-{number}", **transfer(number + 1))
        bank.refused("Transfer", "too-much", **transfer(10**9))
    indexer = Indexer(postgres_url, schema_name)
    assert indexer.advance() == 0
    indexer.stop()
    database = Database(postgres_url, schema_name)
    sql = database.sqlalchemy_engine()
    follower = Follower(sql, log)
    follower.start()
    follower.wait_for(log.head().position, 30)
    follower.stop()
    sql.dispose()
    log.close()
    options = f"-c search_path={schema_name}"
    with psycopg.connect(postgres_url, options=options, autocommit=True) as connection:
        yield connection, database


def audit(database: Database) -> Verdict:
    sql = database.sqlalchemy_engine()
    log = PostgresLog(database.url, database.schema)
    try:
        return verify(sql, log)
    finally:
        log.close()
        sql.dispose()


def test_a_sound_ledger_has_no_findings(
    audited: tuple[psycopg.Connection, Database],
) -> None:
    verdict = audit(audited[1])
    assert verdict.is_clean, verdict
    assert all(check.looked_at for check in verdict.checks)


DAMAGE = {
    "an event is gone": (
        "DELETE FROM log WHERE position = 20",
        "positions gapless",
        "position 20",
    ),
    "the last event is gone": (
        "DELETE FROM log WHERE position = (SELECT max(position) FROM log)",
        "positions gapless",
        "end of the log",
    ),
    "a clock went back": (
        "UPDATE log SET recorded_at = recorded_at - interval '1 day' WHERE position = 20",
        "recorded time and booking date never go back",
        "position 20",
    ),
    "a booking date went back": (
        "UPDATE log SET booking_date = booking_date - 1 WHERE position = 20",
        "recorded time and booking date never go back",
        "position 20",
    ),
    "two events under one key": (
        "ALTER TABLE log DROP CONSTRAINT log_command_key;"
        "UPDATE log SET command_id = 't-3' WHERE command_id = 't-4'",
        "command keys unique",
        "command teller/t-3/0",
    ),
    "an ordinal is missing": (
        "UPDATE log SET ordinal = 1 WHERE command_id = 't-4'",
        "command keys unique",
        "command teller/t-4",
    ),
    "two requests under one key": (
        "UPDATE log SET command_id = 't-3', ordinal = 1, fingerprint = '\\x00'"
        " WHERE command_id = 't-4'",
        "command keys unique",
        "command teller/t-3",
    ),
    "accepted and refused": (
        "UPDATE refusals SET command_id = 't-3'",
        "command keys unique",
        "command teller/t-3",
    ),
    "an index entry is gone": (
        "DELETE FROM entity_index WHERE entity = hashtextextended('account:A-2', 0)",
        "entity index complete",
        "position ",
    ),
    "an index entry too many": (
        "UPDATE entity_index SET positions = positions || 2::bigint"
        " WHERE entity = hashtextextended('account:A-2', 0)",
        "entity index complete",
        "position 2",
    ),
    "an index entry twice": (
        "UPDATE entity_index SET positions = positions || positions[1]"
        " WHERE entity = hashtextextended('account:A-2', 0)",
        "entity index complete",
        "position ",
    ),
    "an index ahead of its watermark": (
        "UPDATE index_watermark SET position = position - 1",
        "entity index complete",
        "position ",
    ),
    "an event cannot be read": (
        "UPDATE log SET data = '{' WHERE position = 20",
        "events readable",
        "behind position",
    ),
    "money moved before its account was opened": (
        "UPDATE log SET position = 1000 WHERE position = 20;"
        "UPDATE log SET position = 20 WHERE name = 'accounts.AccountOpened.v1'"
        " AND entities LIKE '%account:A-2%'",
        "events readable",
        "behind position",
    ),
    "an amount was changed": (
        "UPDATE log SET data = replace(convert_from(data, 'UTF8'), '\"amount_minor\":5,',"
        " '\"amount_minor\":6,')::bytea WHERE command_id = 't-4'",
        "balances = recomputed",
        "A-",
    ),
    "a balance was changed": (
        "UPDATE accounts SET ledger_minor = ledger_minor + 1 WHERE account_id = 'A-2'",
        "balances = recomputed",
        "A-2",
    ),
    "a total of the ledger was changed": (
        "UPDATE ledger_totals SET debit_minor = debit_minor + 1",
        "ledger = recomputed",
        "",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_where_it_is(
    audited: tuple[psycopg.Connection, Database], damage: str
) -> None:
    connection, database = audited
    statement, check, where = DAMAGE[damage]
    changed = connection.execute(statement.encode())
    assert changed.rowcount or ";" in statement, "the damage was not done"
    findings = [f for c in audit(database).checks if c.name == check for f in c.findings]
    assert any(finding.where.startswith(where) for finding in findings), findings


ACCOUNTS = {
    "A": AccountFacts("0755", "PERSONAL_CURRENT"),
    "B": AccountFacts("0451", "PERSONAL_CURRENT"),
    "C": AccountFacts("0755", "NO_RULE_FOR_THIS"),
}
IDS = st.sampled_from(sorted(ACCOUNTS))
AMOUNTS = st.integers(1, 10**12)
BEFORE_RULES = datetime.date(2006, 12, 31)
DAYS = st.sampled_from([DAY_1, DAY_2, BEFORE_RULES])
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(deposited, IDS, AMOUNTS),
    st.builds(withdrawn, IDS, AMOUNTS),
    st.builds(transferred, IDS, IDS, AMOUNTS, st.sampled_from(["CNY", "USD"])),
)


@given(st.lists(st.tuples(EVENTS, DAYS), max_size=40))
@settings(deadline=None)
def test_totals_by_shape_are_the_totals_of_the_journals(
    booked: list[tuple[Event, object]],
) -> None:
    facts: list[Fact] = [fact(event, at, day) for at, (event, day) in enumerate(booked, 1)]  # type: ignore[arg-type]
    postings, expected = Postings(), dict[tuple[str, str, str], int]()
    for account_id, known in ACCOUNTS.items():
        postings.opened(opened(account_id, known.branch_id, posting_class=known.posting_class))
    for one in facts:
        postings.post(one, one.event.legs)
        made = journal(one, ACCOUNTS, POSTING_RULES)
        for line in made.lines if made else ():
            key = (line.branch_id, line.subject, line.currency)
            expected[key] = expected.get(key, 0) + line.debit_minor - line.credit_minor
    nothing = {key for key, net in expected.items() if not net}
    assert {k: v for k, v in postings.subjects().items() if v} == {
        k: v for k, v in expected.items() if k not in nothing
    }
    assert postings.subjects().keys() == expected.keys()


@given(st.lists(st.tuples(EVENTS, DAYS, DAYS), max_size=40), st.integers(0, 40))
@settings(deadline=None)
def test_transfers_in_columns_say_what_their_legs_say(
    booked: list[tuple[Event, datetime.date, datetime.date]], ended: int
) -> None:
    events: list[tuple[Event, datetime.date, datetime.date]] = [
        (opened(one, known.branch_id), DAY_1, DAY_1) for one, known in ACCOUNTS.items()
    ]
    events += booked
    events.insert(
        len(ACCOUNTS) + ended, (BusinessDateAdvanced(previous=DAY_1, date=DAY_2), DAY_2, DAY_2)
    )
    facts = [fact(event, at, *days) for at, (event, *days) in enumerate(events, 1)]
    rows = [(f.position, *CODEC.encode(f.event), f.booking_date, f.value_date) for f in facts]
    positions, names, data, booking_dates, value_dates = zip(*rows, strict=True)
    stored = Stored(positions, names, booking_dates, value_dates, data)
    by_legs, by_columns = Recomputed(), Recomputed()
    by_legs.take(facts)
    transfers, others = split(stored)
    by_columns.take_page(Page(stored, transfers, [facts[at - 1] for at in others]))
    kept = [one for one in facts if one.position in others and type(one.event) is Transferred]
    assert kept == [
        one for one in facts if type(one.event) is Transferred and _is_of_two_years(one)
    ]
    assert by_columns.totals == by_legs.totals
    assert by_columns.last_day == by_legs.last_day
    assert by_columns.events == by_legs.events
    assert by_columns.postings.subjects() == by_legs.postings.subjects()
    assert by_columns.interest.subjects(by_columns.slots) == by_legs.interest.subjects(
        by_legs.slots
    )
    moves, expected = (one.interest.movements for one in (by_columns, by_legs))
    assert moves.by_slot() == expected.by_slot()


def _is_of_two_years(one: Fact) -> bool:
    """What such a fact means for the interest of a closed year is told by the fact."""
    return one.value_date.year != one.booking_date.year
