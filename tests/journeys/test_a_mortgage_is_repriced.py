"""A mortgage follows the loan prime rate, and is prepaid in part."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Desk, deposit
from tests.support.lender import drawn, in_order, loan, on_sale, pass_days, repaid, report, signed


def published(desk: Desk, on: str, rate_ppm: int) -> None:
    """The five-year loan prime rate of a day."""
    about: dict[str, Any] = {"index_id": "LPR5Y", "published_on": on, "rate_ppm": rate_ppm}
    desk.do("PublishIndexRate", "treasurer", **about)


def gap(desk: Desk) -> dict[str, int]:
    """Principal by the time left until its rate may change."""
    rows = report(desk, "repricing-gap")
    return {row["reprices"]: row["principal_minor"] for row in rows if row["principal_minor"]}


def test_a_mortgage_is_repriced_and_prepaid(desk: Desk) -> None:
    desk.open_day()
    published(desk, "2026-02-20", 35_000)
    floating: dict[str, Any] = {"index": "LPR5Y", "repricing": "anniversary"}
    lent: dict[str, Any] = {"amount_max_minor": 200_000_000, "instalments_max": 360}
    on_sale(desk, "home", repricing_months=3, **floating, **lent)
    terms: dict[str, Any] = {"amount_minor": 100_000_000, "instalments": 240}
    signed(desk, product_id="home", annual_rate_ppm=38_000, **terms)
    drawn(desk, 100_000_000)
    first = loan(desk)
    assert (first.index_id, first.spread_ppm, first.annual_rate_ppb) == ("LPR5Y", 3_000, 38_000_000)
    assert gap(desk) == {"91-365 d": 100_000_000}, "not in the twenty years of its term"
    for due in ("2026-04-02", "2026-05-02", "2026-06-02"):
        pass_days(desk, due)
        desk.do("CollectInstalment", "operator", loan_id="L-1")
    assert gap(desk) == {"91-365 d": loan(desk).normal_principal_minor}, "today it is repriced"
    published(desk, "2026-05-20", 32_000)
    desk.do("RepriceLoan", "operator", loan_id="L-1")
    again = desk.refused("RepriceLoan", "operator", loan_id="L-1")
    assert again.reason == "LOAN_ALREADY_REPRICED"
    after = loan(desk)
    assert after.annual_rate_ppb == 35_000_000
    assert after.schedule[3].total_minor < first.schedule[3].total_minor
    desk.do("Deposit", **deposit(40_000_000))
    repaid(desk, 40_000_000, mode="IN_ADVANCE", prepay_by="REDUCE_INSTALMENT")
    prepaid = loan(desk)
    assert after.normal_principal_minor - prepaid.normal_principal_minor == 40_000_000
    assert prepaid.schedule[4].total_minor < after.schedule[4].total_minor
    assert prepaid.schedule[-1].due_date == after.schedule[-1].due_date
    assert loan(desk, as_of="2026-06-01").annual_rate_ppb == 38_000_000
    in_order(desk)
