"""An analyst reads reports over gRPC, a grader sets a floor, two people lift it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.cli.client import CallRefused
from kernel.projections.reports.catalogue import REPORTS
from tests.journeys.conftest import Desk
from tests.support.lender import cells, drawn, now, on_sale, report, signed


@pytest.fixture
def lent(desk: Desk) -> Desk:
    """A bank that has lent 120,000.00 under L-1 and as much under L-2."""
    desk.open_day()
    on_sale(desk)
    for number in ("1", "2"):
        signed(desk, f"K-{number}")
        drawn(desk, loan_id=f"L-{number}", contract_id=f"K-{number}")
    return desk


def test_every_report_of_the_catalogue_is_listed(lent: Desk) -> None:
    listed = lent.ask("ListReports", "analyst").reports
    assert [one.name for one in listed] == list(REPORTS)
    vintage = next(one for one in listed if one.name == "vintage")
    assert {one.name: (one.kind, one.is_required) for one in vintage.parameters} == {
        "branch_id": ("TEXT", False),
        "product_id": ("TEXT", False),
        "months": ("NUMBER", False),
        "over_days": ("NUMBER", False),
    }


def test_pages_are_one_answer(lent: Desk) -> None:
    asked: dict[str, Any] = {"name": "loans", "page_size": 1}
    first = lent.ask("GetReport", "analyst", **asked, at=now(lent))
    lent.do("AdvanceBusinessDate", "operator", date="2026-03-03")
    second = lent.ask("GetReport", "analyst", **asked, page_token=first.next_page_token)
    assert (first.row_count, second.row_count, second.next_page_token) == (2, 2, "")
    assert second.known_at == first.known_at
    assert [row["loan_id"] for reply in (first, second) for row in cells(reply)] == ["L-1", "L-2"]
    [ageing] = [row for row in report(lent, "ageing") if row["bucket"] == "M0"]
    assert (ageing["loans"], ageing["principal_minor"]) == (2, 24_000_000)


def test_what_cannot_be_asked_is_named(lent: Desk) -> None:
    for wrong, path in (
        ({"name": "horoscope"}, "name"),
        ({"name": "migration"}, "parameters.from_date"),
        ({"name": "vintage", "parameters": {"months": "0"}}, "parameters.months"),
    ):
        with pytest.raises(CallRefused) as caught:
            lent.ask("GetReport", "analyst", **wrong)
        assert [one for one, _ in caught.value.violations] == [path], caught.value
    for at in ({"as_of": "2020-01-01"}, {"known_at": 10**6}):
        with pytest.raises(CallRefused, match="UNANSWERABLE"):
            lent.ask("GetReport", "analyst", name="ageing", at=at)
    with pytest.raises(CallRefused, match="PERMISSION"):
        lent.ask("GetReport", "channel", name="ageing")


def test_what_if_touches_nothing(lent: Desk) -> None:
    at = now(lent)
    change = {"loan_ids": ["L-2"], "terms": {"method": "equal_principal"}}
    found = cells(lent.ask("RunWhatIf", "analyst", change_json=json.dumps(change), at=at))
    assert [row["loan_id"] for row in found] == ["L-2", "SUM"]
    assert found[0]["cash_planned_change_minor"] < 0
    assert now(lent) == at
    for wrong, path in (
        ('{"terms": {"method": "magic"}}', "L-1.terms.method"),
        ("{", "change_json"),
    ):
        with pytest.raises(CallRefused) as caught:
            lent.ask("RunWhatIf", "analyst", change_json=wrong)
        assert caught.value.violations[0][0] == path


def test_a_floor_is_set_by_one_and_lifted_by_two(lent: Desk) -> None:
    before = lent.ask("GetGrade", loan_id="L-1", at=now(lent))
    assert (before.grade, before.stage, before.exposure_minor) == ("NORMAL", 1, 12_000_000)
    floor = {"loan_id": "L-1", "reason": "misuse"}
    lent.do("SetGradeFloor", "grader", **floor, grade="SUBSTANDARD")
    found = lent.ask("GetGrade", loan_id="L-1", at=now(lent))
    assert (found.grade, list(found.reasons), found.stage) == ("SUBSTANDARD", ["misuse"], 3)
    assert found.allowance_minor == 12_000_000 * found.loss_ppm // 1_000_000
    assert found.allowance_minor > before.allowance_minor
    lent.do("LiftGradeFloor", "grader", **floor, note="used as agreed")
    assert lent.refused("LiftGradeFloor", "grader", **floor, note="yes").reason == (
        "SECOND_PERSON_NEEDED"
    )
    assert lent.ask("GetGrade", loan_id="L-1", at=now(lent)).grade == "SUBSTANDARD"
    lent.do("LiftGradeFloor", "lender", **floor, note="seen the invoices")
    lifted = lent.ask("GetGrade", loan_id="L-1", at=now(lent))
    assert (lifted.grade, lifted.floors[0].lift_asked_by) == ("NORMAL", "grader")
    then = lent.ask("GetGrade", loan_id="L-1", at={"known_at": found.known_at})
    assert then.grade == "SUBSTANDARD"
    assert lent.ask("VerifyLedger", "auditor").is_clean
