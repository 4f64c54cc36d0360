"""What a cut posts of deposits' interest: two lines a place, red where something is taken back."""

from __future__ import annotations

import datetime

from kernel.bookkeeping.deposit_interest import interest_lines
from kernel.bookkeeping.loan_journal import Place
from kernel.bookkeeping.rules import POSTING_RULES, PostingRules

DAY = datetime.date(2026, 3, 2)
PERSONS = Place("0755", "PERSONAL_CURRENT", "CNY")
TERMS = Place("0755", "PERSONAL_TERM", "CNY")


def test_what_was_earned_is_an_expense_and_payable() -> None:
    lines, alarm = interest_lines([(PERSONS, 42), (TERMS, 0)], POSTING_RULES, DAY, 5)
    shown = [(one.line_no, one.subject, one.debit_minor, one.credit_minor) for one in lines]
    assert shown == [(5, "6411", 42, 0), (6, "2231", 0, 42)]
    assert {one.account for one in lines} == {"deposits:PERSONAL_CURRENT"}
    assert alarm == ""


def test_what_is_taken_back_stands_red_on_the_same_sides_and_names_its_account() -> None:
    early = Place("0755", "PERSONAL_TERM", "CNY", "deposit:TD-1")
    lines, _ = interest_lines([(early, -7), (TERMS, 9)], POSTING_RULES, DAY)
    shown = {(one.account, one.subject, one.debit_minor, one.credit_minor) for one in lines}
    assert shown == {
        ("deposit:TD-1", "6411", -7, 0),
        ("deposit:TD-1", "2231", 0, -7),
        ("deposits:PERSONAL_TERM", "6411", 9, 0),
        ("deposits:PERSONAL_TERM", "2231", 0, 9),
    }


def test_without_a_rule_it_stands_on_suspense_with_an_alarm() -> None:
    lines, alarm = interest_lines([(PERSONS, 42)], PostingRules(()), DAY)
    assert [one.subject for one in lines] == ["122199", "224199"]
    assert alarm == "DEPOSIT_INTEREST/EXPENSE, DEPOSIT_INTEREST/PAYABLE"
