"""Saving over gRPC: a term deposit, its early withdrawal, the quarter's interest; books agree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.cli.client import CallRefused
from tests.journeys.conftest import Desk
from tests.support.deposits import TERM


def on_offer(desk: Desk) -> None:
    """A product of term deposits on sale, and listed rates."""
    about: dict[str, Any] = {"product_id": "term", "version": 1}
    desk.do(
        "DefineProduct", "product-maker", **about, product_kind="TERM_DEPOSIT",
        definition_json=json.dumps(TERM),
    )  # fmt: skip
    desk.do("PublishProduct", "product-checker", **about, effective_from="2026-03-02")
    for line, tenor, ppm in (("DEMAND", 0, 5_000), ("TERM", 12, 11_000)):
        desk.do(
            "PublishDepositRate", "rate-setter", currency="CNY", line=line, tenor=tenor,
            annual_rate_ppm=ppm, effective_from="2026-03-02",
        )  # fmt: skip


def test_a_term_deposit_is_an_account_like_any_other_in_the_books(desk: Desk) -> None:
    desk.open_day()
    on_offer(desk)
    position = desk.do(
        "OpenTermDeposit", deposit_id="TD-1", account_id="A-1", product_id="term",
        amount_minor=40_000, term_months=12, at_maturity="ROLL_ALL",
    ).last_position  # fmt: skip
    at: dict[str, Any] = {"min_position": position}
    account = desk.ask("GetAccount", account_id="TD-1", at=at)
    assert (account.balance.ledger_minor, account.balance.account_class) == (40_000, "DEPOSIT")
    found = desk.ask("GetDeposit", deposit_id="TD-1", at={**at, "as_of": "2027-03-02"})
    assert (found.principal_minor, found.interest_minor, found.matures_on) == (
        40_000, 440, "2027-03-02",
    )  # fmt: skip
    early = desk.ask("GetDeposit", deposit_id="TD-1", at={**at, "as_of": "2026-09-02"})
    assert [piece.annual_rate_ppm for piece in early.pieces] == [5_000]
    rates = desk.ask("GetDepositRates", currency="CNY", at=at).rates
    assert [(rate.tenor, rate.annual_rate_ppm) for rate in rates] == [(0, 5_000), (12, 11_000)]
    desk.do("AdvanceBusinessDate", "operator", date="2026-03-12")
    desk.do("AdvanceBusinessDate", "operator", date="2026-03-21")
    preview = desk.ask("GetInterest", account_id="A-1", at={"as_of": "2026-03-20"})
    assert preview.unsettled_minor == preview.periods[0].interest_minor == 16
    desk.do("SettleInterest", "operator", account_id="A-1", settled_on="2026-03-20")
    settled = desk.ask("GetInterest", account_id="A-1", at={"as_of": "2026-03-21"})
    assert (settled.settled_on, settled.settled_minor) == ("2026-03-20", 16)
    assert settled.next_settlement_on == "2026-06-20"
    last = desk.do("WithdrawTermDeposit", deposit_id="TD-1", amount_minor=10_000).last_position
    trial = desk.ask("GetTrialBalance", at={"min_position": last})
    closing = {row.subject: row.closing_minor for row in trial.rows}
    assert (abs(closing["201102"]), closing["6411"] + closing["2231"]) == (30_000, 16 + 3)
    asked: dict[str, Any] = {"subject": "2231", "branch_id": "0755", "account_id": "A-1"}
    part = desk.ask("ExplainFigure", "auditor", **asked, at={"min_position": last}).deposit
    assert (part.settled_minor, part.days[0].annual_rate_ppm) == (16, 5_000)
    assert part.closing_minor == part.settled_minor - part.earned_minor
    assert abs(closing["201101"]) == 60_000 + 10_000 + 16 + 3
    assert desk.ask("VerifyLedger", "auditor").is_clean


def test_what_cannot_be_answered_is_an_error(desk: Desk) -> None:
    desk.open_day()
    on_offer(desk)
    desk.do(
        "OpenTermDeposit", deposit_id="TD-1", account_id="A-1", product_id="term",
        amount_minor=40_000, term_months=12, at_maturity="HOLD",
    )  # fmt: skip
    before: dict[str, Any] = {"at": {"as_of": "2026-03-01"}}
    for method, fields, reason in (
        ("GetDeposit", {"deposit_id": "TD-1", **before}, "UNANSWERABLE"),
        ("GetDeposit", {"deposit_id": "TD-9"}, "DEPOSIT_NOT_FOUND"),
        ("GetInterest", {"account_id": "TD-1"}, "NOT_A_DEMAND_ACCOUNT"),
        ("GetInterest", {"account_id": "A-1", "at": {"as_of": "2026-02-01"}}, "UNANSWERABLE"),
    ):
        with pytest.raises(CallRefused) as caught:
            desk.ask(method, **fields)
        assert caught.value.reason == reason
