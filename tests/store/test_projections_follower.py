"""The follower: positions, poisoned facts, two followers, waiting, checks behind a batch."""

from __future__ import annotations

import dataclasses
import datetime
import threading

import pytest
from sqlalchemy import Connection, Engine, select, text

from kernel.bookkeeping.rules import PostingRule, PostingRules
from kernel.common.facts import Fact
from kernel.common.legs import Leg
from kernel.payments.events import PaymentReversed, Transferred
from kernel.projections import checks, positions
from kernel.projections import round as rounds
from kernel.projections.checks import (
    JOURNAL_BALANCED,
    RULE_MISSING,
    SUB_LEDGER_CONTROL,
    TRIAL_BALANCE_ZERO,
)
from kernel.projections.follower import (
    GIVE_WAY_SECONDS_MAX,
    REST_FOR_WORK,
    REST_SECONDS,
    SMALL_REST_SECONDS_MAX,
    Follower,
)
from kernel.projections.ledger import Ledger
from kernel.projections.models import READ_MODELS
from kernel.projections.positions import Difference, Status
from kernel.projections.round import Facts
from kernel.projections.statements import Statements
from tests.support.bank_facts import (
    DAY_1,
    deposited,
    extend,
    following,
    log_of,
    opened,
    opening_day,
    transferred,
    withdrawn,
)


def a_day() -> list[Fact]:
    """Two accounts at two branches; cash in, a transfer, cash out."""
    return opening_day(
        opened("li"),
        opened("far", "0451", customer_id="zhao"),
        opened("works", customer_id="works-ltd", posting_class="CORPORATE_CURRENT"),
        deposited("li", 1_000),
        transferred("li", "far", 300),
        transferred("far", "works", 50),
        withdrawn("li", 100),
    )


class PickyStatements(Statements):
    """Cannot take a transfer of 300."""

    def apply(self, connection: Connection, facts: Facts) -> None:
        super().apply(connection, facts)
        if any(isinstance(f.event, Transferred) and f.event.amount_minor == 300 for f in facts):
            raise ValueError("no such line")


def test_models_reach_the_head_whatever_the_batch_size(engine: Engine) -> None:
    follower = Follower(engine, log_of(a_day()), batch_size=3)
    follower.catch_up()
    assert {one.position for one in follower.standings().values()} == {8}
    assert set(follower.lag().values()) == {0}


def test_lag_counts_facts_and_the_time_since_the_first_one_was_recorded(engine: Engine) -> None:
    follower = Follower(engine, log_of(a_day()), batch_size=3)
    noon = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    follower.run_round()
    assert {(one.position, one.lag, one.lag_seconds) for one in follower.lags(noon)} == {
        (3, 5, 3 * 3600)
    }
    follower.catch_up()
    assert {(one.position, one.lag, one.lag_seconds) for one in follower.lags(noon)} == {(8, 0, 0)}


def test_the_poisoned_fact_is_found_in_any_place_of_a_batch(engine: Engine) -> None:
    """Whatever stands before it is projected, nothing behind it."""
    models = dataclasses.replace(READ_MODELS, statements=PickyStatements())
    facts = following(
        a_day()[:5], *[transferred("li", "far", 1)] * 6, transferred("li", "far", 300)
    )
    facts = following(facts, *[transferred("li", "far", 1)] * 4)
    follower = Follower(engine, log_of(facts), models)
    follower.catch_up()
    stopped = follower.standings()["statements"]
    assert (stopped.position, stopped.failed_position) == (11, 12)
    with engine.connect() as connection:
        seen = connection.scalars(select(models.statements.lines.c.position)).all()
    assert max(seen) == 11


def test_a_batch_of_bulk_transfers_is_smaller(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "FACTS_READ", 2)
    monkeypatch.setattr(rounds, "ENTITIES_MAX", 4)
    follower = Follower(engine, log_of(a_day()))
    seen = []
    while follower.run_round():
        seen.append(follower.standings()["ledger"].position)
    assert seen == [4, 8]
    assert books(engine) == []


def test_a_poisoned_fact_stops_that_model_only(engine: Engine) -> None:
    heard: list[Difference] = []
    models = dataclasses.replace(READ_MODELS, statements=PickyStatements())
    follower = Follower(engine, log_of(a_day()), models, on_alarm=heard.append)
    follower.catch_up()
    standings = follower.standings()
    stopped = standings.pop("statements")
    assert stopped.status is Status.STOPPED
    assert (stopped.position, stopped.failed_position) == (5, 6)
    assert stopped.error == "ValueError: no such line"
    assert {(one.position, one.status) for one in standings.values()} == {(8, Status.RUNNING)}
    assert [one.check for one in heard] == ["model-stopped"]
    with engine.connect() as connection:
        seen = connection.scalars(select(models.statements.lines.c.position)).all()
    assert set(seen) == {5}


def test_a_stopped_model_goes_on_when_the_cause_is_gone(engine: Engine) -> None:
    log = log_of(a_day())
    picky = dataclasses.replace(READ_MODELS, statements=PickyStatements())
    Follower(engine, log, picky).catch_up()
    with engine.begin() as connection:
        positions.resume(connection, "statements")
    follower = Follower(engine, log)
    follower.catch_up()
    assert follower.standings()["statements"].position == 8
    assert books(engine) == []


def test_waiting_is_told_at_once_when_a_model_is_stopped(engine: Engine) -> None:
    models = dataclasses.replace(READ_MODELS, statements=PickyStatements())
    follower = Follower(engine, log_of(a_day()), models)
    follower.catch_up()
    assert not follower.wait_for(8, timeout_seconds=3600)
    assert follower.wait_for(8, timeout_seconds=3600, names=["balances", "ledger"])


def test_waiting_for_a_position_that_another_thread_appends(engine: Engine) -> None:
    facts = a_day()
    log = log_of(facts[:4])
    follower = Follower(engine, log)
    follower.start()
    try:
        assert follower.wait_for(4, timeout_seconds=30)
        assert not follower.wait_for(5, timeout_seconds=0)
        appender = threading.Thread(target=lambda: extend(log, facts[4:]))
        appender.start()
        assert follower.wait_for(8, timeout_seconds=30)
        appender.join()
    finally:
        follower.stop()


def test_two_followers_do_no_harm(engine: Engine) -> None:
    log = log_of(following(a_day(), *[transferred("li", "far", 1)] * 60))
    followers = [Follower(engine, log, batch_size=7) for _ in range(2)]
    threads = [threading.Thread(target=follower.catch_up) for follower in followers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.position for one in followers[0].standings().values()} == {68}
    assert books(engine) == []


def test_a_missing_posting_rule_stands_on_suspense_and_alarms(engine: Engine) -> None:
    facts = opening_day(opened("li", posting_class="GOLD_ACCOUNT"), deposited("li", 70))
    heard: list[Difference] = []
    Follower(engine, log_of(facts), on_alarm=heard.append).catch_up()
    assert {(one.check, one.figures) for one in heard} == {
        (RULE_MISSING, "GOLD_ACCOUNT/CASH"),
        (SUB_LEDGER_CONTROL, "sub_ledger_minor=70 control_minor=0"),
    }
    with engine.connect() as connection:
        assert sorted(positions.alarms(connection), key=str) == sorted(heard, key=str)


def test_a_difference_alarms_once_until_its_figures_change(engine: Engine) -> None:
    cash_only = PostingRule(
        rule_id="cash",
        version=1,
        posting_class="CASH",
        subject="1001",
        effective_from=DAY_1,
        legal_basis="a table with a row missing",
    )
    rules = dataclasses.replace(READ_MODELS, ledger=Ledger(rules=PostingRules([cash_only])))
    heard: list[Difference] = []
    facts = opening_day(opened("li"), deposited("li", 70))
    log = log_of(facts)
    follower = Follower(engine, log, rules, on_alarm=heard.append)
    follower.catch_up()
    first = [one for one in heard if one.check == SUB_LEDGER_CONTROL]
    assert len(first) == 1
    heard.clear()
    more = following(facts, deposited("li", 5))
    extend(log, more[3:])
    follower.catch_up()
    again = [one for one in heard if one.check == SUB_LEDGER_CONTROL]
    assert [one.figures for one in again] == ["sub_ledger_minor=75 control_minor=0"]


# -- one seeded defect for each check, which that check alone finds


def books(engine: Engine) -> list[Difference]:
    """The whole audit of the books."""
    models = READ_MODELS
    with engine.connect() as connection:
        return checks.audit(connection, models.balances, models.statements, models.ledger, DAY_1)


MOVE_A_FEN_BETWEEN_JOURNALS = """
    UPDATE journal_lines SET debit_minor = debit_minor
        + CASE position WHEN 5 THEN 1 ELSE -1 END
    WHERE subject = '1001' AND position IN (5, 9) AND debit_minor > 0
"""
MOVE_CASH_TO_ANOTHER_BRANCH = """
    UPDATE journal_lines SET branch_id = '0451' WHERE subject = '1001' AND position = 5;
    DELETE FROM daily_totals; DELETE FROM ledger_totals;
    INSERT INTO daily_totals SELECT booking_date, branch_id, subject, currency,
        sum(debit_minor), sum(credit_minor) FROM journal_lines GROUP BY 1, 2, 3, 4;
    INSERT INTO ledger_totals SELECT branch_id, subject, currency,
        sum(debit_minor), sum(credit_minor) FROM journal_lines GROUP BY 1, 2, 3
"""
POST_TO_THE_WRONG_CONTROL_ACCOUNT = """
    UPDATE journal_lines SET subject = '201111' WHERE subject = '201101' AND position = 5;
""" + MOVE_CASH_TO_ANOTHER_BRANCH.split(";", 1)[1]


@pytest.mark.parametrize(
    ("damage", "caught_by"),
    [
        (MOVE_A_FEN_BETWEEN_JOURNALS, JOURNAL_BALANCED),
        (MOVE_CASH_TO_ANOTHER_BRANCH, TRIAL_BALANCE_ZERO),
        (POST_TO_THE_WRONG_CONTROL_ACCOUNT, SUB_LEDGER_CONTROL),
    ],
)
def test_each_defect_is_found_by_its_own_check_alone(
    engine: Engine, damage: str, caught_by: str
) -> None:
    Follower(engine, log_of(following(a_day(), deposited("li", 40)))).catch_up()
    assert books(engine) == []
    with engine.begin() as connection:
        connection.execute(text(damage))
    assert {one.check for one in books(engine)} == {caught_by}


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE accounts SET ledger_minor = ledger_minor + 1 WHERE account_id = 'li'", "balances"),
        (
            "UPDATE daily_totals SET debit_minor = debit_minor + 1, credit_minor = credit_minor + 1"
            " WHERE subject = '1001'",
            "daily totals",
        ),
    ],
)
def test_a_damaged_sum_is_named(engine: Engine, damage: str, what: str) -> None:
    Follower(engine, log_of(a_day())).catch_up()
    with engine.begin() as connection:
        connection.execute(text(damage))
    found = books(engine)
    assert found
    assert {one.check for one in found} == {"totals"}
    assert any(one.subject.startswith(what) for one in found)


def test_an_unbalanced_event_stops_the_ledger_and_nothing_of_it_is_posted(engine: Engine) -> None:
    legs = (Leg(account="li", amount_minor=5, currency="CNY", purpose="REVERSAL"),)
    lopsided = PaymentReversed(
        payment_id=5, original_booking_date=DAY_1, reversing_legs=legs, reason="twice paid"
    )
    follower = Follower(engine, log_of(following(a_day(), lopsided)))
    follower.catch_up()
    assert follower.standings()["ledger"].failed_position == 9
    with engine.connect() as connection:
        assert checks.unbalanced_journals(connection, READ_MODELS.ledger) == []


@pytest.mark.parametrize(
    ("applied", "written", "seconds", "rest"),
    [
        (4_000, 5_000, 0.1, REST_FOR_WORK * 0.1),  # outrun: some times as long as the round took
        (4_000, 5_000, 9.0, GIVE_WAY_SECONDS_MAX),
        (4_000, 4_000, 0.4, 0.0),  # it keeps up
        (4_000, 0, 0.4, 0.0),  # the writer is idle
        (10, 5_000, 0.4, REST_SECONDS),  # few: somebody waits for them
        (100, 5_000, 0.001, REST_SECONDS),  # more come together meanwhile
        (100, 5_000, 0.4, SMALL_REST_SECONDS_MAX),
    ],
)
def test_it_gives_way_only_to_a_writer_that_outruns_it(
    engine: Engine, applied: int, written: int, seconds: float, rest: float
) -> None:
    log = log_of(a_day())
    follower = Follower(engine, log)
    follower._head_position = log.head().position - written
    assert follower._rest(applied * len(follower._keys), seconds) == rest
