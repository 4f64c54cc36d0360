"""Questions about limits and collateral: both clocks, and every figure explained."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.rpc.convert import fill
from adapters.rpc.credit_reads import CreditReads
from adapters.rpc.methods import methods, reply_class, request_class
from adapters.rpc.questions import At
from kernel.common.refusals import Refusal
from kernel.eventstore.memory import MemoryLog
from tests.support.bank import Bank, running_bank
from tests.support.credit import item, limit, pledge, value
from tests.support.lending import contract, drawn, pass_days, publish


@pytest.fixture
def bank() -> Iterator[Bank]:
    """Two limits, a flat, a contract of 120,000.00; 50,000.00 is drawn on 2 March, more on 12."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        publish(one, coverage_bp=10_000)
        limit(one, "TOP", 20_000_000)
        limit(one, "LINE", 15_000_000, "TOP", undrawn_ccf_bp=5_000)
        item(one, value_minor=10_000_000)
        contract(one, limit_id="LINE")
        pledge(one)
        drawn(one, 5_000_000)
        pass_days(one, "2026-03-12")
        drawn(one, 2_000_000, "L-2")
        yield one


def answer(bank: Bank, method: str, at: At | None = None, **ids: str) -> Any:
    """The reply of a question."""
    reads = CreditReads(bank.log)
    asked = {"GetLimit": reads.limit, "GetCollateral": reads.collateral}
    asked["GetCoverage"] = reads.coverage
    reply = reply_class(methods()[method])()
    fill(reply, asked[method](request_class(methods()[method])(**ids), at or At()))
    return reply


def test_a_limit_tells_its_use_its_path_and_who_uses_it(bank: Bank) -> None:
    found = answer(bank, "GetLimit", limit_id="TOP")
    assert (found.utilisation_minor, found.headroom_minor) == (9_500_000, 10_500_000)
    [use] = found.contracts
    assert (use.limit_id, use.contract_id, use.reserved_minor) == ("LINE", "K-1", 12_000_000)
    assert (use.used_minor, use.counted_minor) == (7_000_000, 9_500_000)
    below = answer(bank, "GetLimit", limit_id="LINE")
    assert [each.limit_id for each in below.path] == ["LINE", "TOP"]
    assert (below.binding_limit_id, below.headroom_minor) == ("LINE", 5_500_000)


def test_a_limit_is_told_as_of_a_day_and_as_known_at_a_position(bank: Bank) -> None:
    before = At(as_of=datetime.date(2026, 3, 2))
    assert answer(bank, "GetLimit", before, limit_id="LINE").utilisation_minor == 8_500_000
    head = bank.log.head().position
    bank.done("FreezeLimit", limit_id="TOP", trigger="BANK", reason="review")
    assert len(answer(bank, "GetLimit", limit_id="LINE").path[1].freezes) == 1
    known = answer(bank, "GetLimit", At(known_at=head), limit_id="LINE")
    assert (len(known.path[1].freezes), known.known_at, known.as_of) == (0, head, "2026-03-12")


@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-13"])
def test_a_day_that_is_not_there_is_refused(bank: Bank, day: str) -> None:
    with pytest.raises(Refusal) as caught:
        answer(bank, "GetLimit", At(as_of=datetime.date.fromisoformat(day)), limit_id="LINE")
    assert caught.value.code == "UNANSWERABLE"


@pytest.mark.parametrize(
    ("method", "ids", "code"),
    [
        ("GetLimit", {"limit_id": "NONE"}, "LIMIT_NOT_FOUND"),
        ("GetCollateral", {"item_id": "NONE"}, "COLLATERAL_NOT_FOUND"),
        ("GetCoverage", {"contract_id": "NONE"}, "CONTRACT_NOT_FOUND"),
    ],
)
def test_what_does_not_exist_is_an_error(
    bank: Bank, method: str, ids: dict[str, str], code: str
) -> None:
    with pytest.raises(Refusal) as caught:
        answer(bank, method, None, **ids)
    assert caught.value.code == code


def test_an_item_tells_what_it_lends_and_why_not(bank: Bank) -> None:
    found = answer(bank, "GetCollateral", item_id="FLAT")
    assert (found.value_minor, found.lendable_minor, found.why) == (10_000_000, 7_000_000, "LENDS")
    assert (found.pledges[0].contract_id, found.valuation.source) == ("K-1", "Valuers Ltd")
    value(bank, "FLAT", 10_000_000, valid_until="2026-03-13")
    pass_days(bank, "2026-03-13")
    found = answer(bank, "GetCollateral", item_id="FLAT")
    assert (found.lendable_minor, found.why) == (0, "VALUATION_EXPIRED")
    day_before = At(as_of=datetime.date(2026, 3, 12))
    assert answer(bank, "GetCollateral", day_before, item_id="FLAT").why == "LENDS"


def test_coverage_says_which_item_covers_what_and_why_no_more(bank: Bank) -> None:
    full = answer(bank, "GetCoverage", contract_id="K-1")
    assert (full.cover.covered_minor, full.cover.spare_minor, full.coverage_bp) == (
        7_000_000,
        0,
        10_000,
    )
    assert [(line.item_id, line.amount_minor) for line in full.lines] == [("FLAT", 7_000_000)]
    before = At(as_of=datetime.date(2026, 3, 2))
    then = answer(bank, "GetCoverage", before, contract_id="K-1")
    assert (then.cover.exposure_minor, then.cover.spare_minor) == (5_000_000, 2_000_000)
    assert (list(then.bound.contract_ids), list(then.bound.item_ids)) == (["K-1"], [])
    value(bank, "FLAT", 8_000_000)
    bank.done("RaiseMarginCall", contract_id="K-1", due_on="2026-03-20")
    short = answer(bank, "GetCoverage", contract_id="K-1")
    assert (short.status, short.cover.shortfall_minor) == ("CALL", 1_400_000)
    assert (list(short.bound.item_ids), list(short.bound.contract_ids)) == (["FLAT"], [])
    assert [(step.kind, step.due_on) for step in short.steps] == [("CALLED", "2026-03-20")]
    assert short.call_due_on == "2026-03-20"
