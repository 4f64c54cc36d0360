"""What a cut posts of deposits' interest: two lines a place, red where something is taken back."""

from __future__ import annotations

import datetime

from kernel.bookkeeping.deposit_interest import Earned, interest_lines
from kernel.bookkeeping.journal import JournalKind, kind_of
from kernel.bookkeeping.loan_journal import Place
from kernel.bookkeeping.rules import POSTING_RULES, PostingRules

DAY = datetime.date(2026, 3, 2)
PERSONS = Place("0755", "PERSONAL_CURRENT", "CNY")
TERMS = Place("0755", "PERSONAL_TERM", "CNY")


def test_what_was_earned_is_an_expense_and_payable() -> None:
    lines, alarm = interest_lines([Earned(PERSONS, 42), Earned(TERMS, 0)], POSTING_RULES, DAY, 5)
    shown = [(one.line_no, one.subject, one.debit_minor, one.credit_minor) for one in lines]
    assert shown == [(5, "6411", 42, 0), (6, "2231", 0, 42)]
    assert {one.account for one in lines} == {"deposits:PERSONAL_CURRENT"}
    assert alarm == ""


def test_what_is_taken_back_stands_red_on_the_same_sides_and_names_its_account() -> None:
    early = Place("0755", "PERSONAL_TERM", "CNY", "deposit:TD-1")
    lines, _ = interest_lines([Earned(early, -7), Earned(TERMS, 9)], POSTING_RULES, DAY)
    shown = {(one.account, one.subject, one.debit_minor, one.credit_minor) for one in lines}
    assert shown == {
        ("deposit:TD-1", "6411", -7, 0),
        ("deposit:TD-1", "2231", 0, -7),
        ("deposits:PERSONAL_TERM", "6411", 9, 0),
        ("deposits:PERSONAL_TERM", "2231", 0, 9),
    }


def test_what_a_closed_year_earned_less_stands_blue_on_the_opposite_sides() -> None:
    late = Place("0755", "PERSONAL_CURRENT", "CNY", "deposit:A-1")
    lines, _ = interest_lines([Earned(late, -9, -5), Earned(TERMS, 3)], POSTING_RULES, DAY)
    shown = {(one.account, one.subject, one.debit_minor, one.credit_minor) for one in lines}
    assert shown == {
        ("deposit:A-1", "6411", -4, 0),
        ("deposit:A-1", "2231", 0, -4),
        ("deposit:A-1", "6901", 0, 5),
        ("deposit:A-1", "2231", 5, 0),
        ("deposits:PERSONAL_TERM", "6411", 3, 0),
        ("deposits:PERSONAL_TERM", "2231", 0, 3),
    }
    assert kind_of(lines) is JournalKind.BLUE
    assert kind_of(lines[:2]) is JournalKind.RED


def test_without_a_rule_it_stands_on_suspense_with_an_alarm() -> None:
    lines, alarm = interest_lines([Earned(PERSONS, 42)], PostingRules(()), DAY)
    assert [one.subject for one in lines] == ["122199", "224199"]
    assert alarm == "DEPOSIT_INTEREST/EXPENSE, DEPOSIT_INTEREST/PAYABLE"
