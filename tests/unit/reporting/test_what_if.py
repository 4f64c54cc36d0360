"""What another product, waterfall, rate path or rule would have done to a book."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from kernel.common.refusals import InvalidInput
from kernel.loans.fold import standing
from kernel.reporting.loan_book import LoanRecord, book
from kernel.reporting.what_if import Change, change_of, what_if
from tests.support.loans import EMI, day, loan, paid

JUNE = day("2026-06-20")


def record(
    loan_id: str = "L-1", *events: Any, product_id: str = "micro", **fields: Any
) -> LoanRecord:
    return LoanRecord(
        loan_id=loan_id,
        contract_id=f"K-{loan_id}",
        debtor_id=f"C-{loan_id}",
        branch_id="0755",
        product_id=product_id,
        posting_class="PERSONAL_LOAN",
        terms=loan(**fields),
        events=events,
    )


LATE = record("late", paid("2026-02-15"))
GOOD = record("good", *(paid(f"2026-0{month}-15") for month in range(2, 7)))


def answer(change: Change, on: datetime.date = JUNE) -> dict[str, dict[str, Any]]:
    columns, rows = what_if([LATE, GOOD], on, change)
    return {str(row[0]): dict(zip(columns, row, strict=True)) for row in rows}


def test_no_change_makes_no_difference() -> None:
    found = answer(Change())
    for row in found.values():
        assert not any(value for name, value in row.items() if "change" in name)
    assert found["good"]["cash_received_minor"] == 5 * EMI


def test_a_penalty_costs_the_late_loan_and_not_the_good_one() -> None:
    found = answer(change_of({"terms": {"penalty": {"multiplier_ppm": 1_500_000}}}))
    assert found["late"]["income_change_minor"] > 0
    assert found["good"]["income_change_minor"] == 0
    assert found["SUM"]["income_change_minor"] == found["late"]["income_change_minor"]


def test_a_rate_path_replaces_the_rates() -> None:
    path = [{"from_date": "2026-01-01", "annual_rate_ppm": 87_000}]
    found = answer(change_of({"rate_path": path}))
    assert found["good"]["income_change_minor"] > 0
    later = answer(change_of({"rate_path": [{"from_date": "2026-06-15", "annual_rate_ppm": 0}]}))
    assert later["good"]["income_change_minor"] < 0


def test_another_rule_of_grading_changes_class_and_allowance_only() -> None:
    found = answer(change_of({"grading": {"grade.substandard_over_days": 60}}))
    assert (found["late"]["grade"], found["late"]["grade_change"]) == (3, 0)
    days = {"grade.substandard_over_days": 120, "stage.default_over_days": 120}
    lax = answer(change_of({"grading": days}))
    assert lax["late"]["grade_change"] == -1
    assert lax["late"]["allowance_change_minor"] < 0
    assert lax["late"]["income_change_minor"] == 0


def test_only_the_selected_loans_are_replayed() -> None:
    assert set(answer(Change(loan_ids=("good",)))) == {"good", "SUM"}
    assert set(answer(Change(product_ids=("other",)))) == set()


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"terms": {"method": "magic"}}, "late.terms.method"),
        ({"grading": {"no.such": 1}}, "change.grading.no.such"),
        ({"colour": "red"}, "change.colour"),
    ],
)
def test_a_wrong_change_names_its_path(document: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        answer(change_of(document))
    assert caught.value.violations[0][0] == path


def test_a_book_reads_off_the_fold() -> None:
    late, good = book([LATE, GOOD], JUNE)
    assert (late.bucket.name, late.grade, late.stage) == (
        "OVER" if late.days_past_due > 180 else "M4",
        3,
        3,
    )
    assert good.principal_minor == standing(GOOD.terms, GOOD.events, JUNE).normal_minor
    assert sum(part.principal_minor for part in good.planned) == good.principal_minor
    assert late.overdue_minor + sum(p.principal_minor for p in late.planned) == late.principal_minor
    assert 0 < good.allowance_minor < late.allowance_minor
