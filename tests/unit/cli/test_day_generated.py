"""A generated day is the same for its seed, and the kernel answers every line as the line says."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from adapters.cli.day_file import DayLine, read_day_file, read_payroll_file
from adapters.cli.generate_day import MARKET_AVERAGE_MINOR, generate_day
from adapters.cli.generate_loans import generate_loans
from adapters.cli.generate_people import credit_code, resident_number
from adapters.iso20022.pain001 import read_pain001
from kernel.application.batch import BatchDecider
from kernel.application.folds import ACCOUNT, FOLDS, PAYMENT
from kernel.application.requests import Accepted, Outcome, Request
from kernel.application.states import States
from kernel.application.work import Submission
from kernel.eventstore.memory import MemoryLog
from kernel.eventstore.snapshots import MemorySnapshots
from kernel.payments.state import Phase


class FixedClock:
    """It is always the same moment."""

    def now(self) -> datetime.datetime:
        """Nine o'clock on the first day."""
        return datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)

    def monotonic(self) -> float:
        """No time passes."""
        return 0.0


class Bank:
    """The kernel's decisions over a log in memory, one command after another."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.states = States(self.log, FOLDS, MemorySnapshots())
        self.decider = BatchDecider(self.log, self.states, FixedClock())
        self.payments: dict[str, int] = {}

    def feed(self, line: DayLine) -> str:
        """What became of a line: empty when it was accepted, else the code of the refusal."""
        payment_id = self.payments[line.payment_of] if line.payment_of else None
        request = Request(
            principal=line.principal or "channel",
            channel="BATCH",
            method=line.method,
            command_id=line.command_id,
            command=line.command(payment_id),
            deadline=1.0,
        )
        [work] = Submission([request], lambda answers: None).works
        head = self.decider.read_head()
        decided = self.decider.decide([work], head)
        self.log.append(decided.batch, head, timeout_seconds=1)
        self.states.committed(len(decided.facts))
        outcome: Outcome = decided.outcomes[0]
        if isinstance(outcome, Accepted):
            self.payments[line.command_id] = outcome.facts[0].position
            return ""
        return outcome.refusal.code


def lines_of(
    folder: Path, seed: int = 7, customers: int = 40, transfers: int = 300
) -> list[DayLine]:
    paths = generate_day(folder, seed, customers, transfers)
    return [*read_day_file(paths.day_file), *read_payroll_file(paths.payroll)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_line_is_answered_as_it_expects(tmp_path: Path, seed: int) -> None:
    bank = Bank()
    for line in lines_of(tmp_path, seed):
        assert bank.feed(line) == (line.expect or ""), line


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lending_after_the_day_is_answered_as_it_expects(tmp_path: Path, seed: int) -> None:
    """Also without the closes between, which collect what falls due."""
    bank = Bank()
    for line in lines_of(tmp_path, seed):
        bank.feed(line)
    for file in generate_loans(tmp_path, seed, 40):
        for line in read_day_file(file):
            assert bank.feed(line) == (line.expect or ""), line


def test_the_day_leaves_what_its_special_lines_did(tmp_path: Path) -> None:
    bank = Bank()
    lines = lines_of(tmp_path)
    for line in lines:
        bank.feed(line)
    phases = {
        line.payment_of: bank.states.get(PAYMENT, str(bank.payments[line.payment_of])).phase
        for line in lines
        if line.payment_of
    }
    assert phases == {
        "day-7-mistake": Phase.REVERSED,
        "day-7-order-1": Phase.MADE,
        "day-7-order-2": Phase.RELEASED,
    }
    payer = bank.states.get(ACCOUNT, "6217000000000001")
    assert payer.held_minor(datetime.date(2026, 3, 2)) == 0


def test_a_seed_makes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (
        generate_day(tmp_path / name, seed, 40, 300)
        for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert first.day_file.read_bytes() == again.day_file.read_bytes()
    assert first.payroll.read_bytes() == again.payroll.read_bytes()
    assert first.day_file.read_bytes() != other.day_file.read_bytes()


def test_the_tickets_are_those_of_the_field(tmp_path: Path) -> None:
    transfers = [
        line.request
        for line in lines_of(tmp_path, customers=100, transfers=5_000)
        if line.method == "Transfer" and not line.expect
    ]
    market = [one["amount_minor"] for one in transfers if one["text"] == "扫码付款"]
    large = [one["amount_minor"] for one in transfers if one["text"] == "货款"]
    assert len(market) + len(large) == 5_000
    assert abs(sum(market) // len(market) - MARKET_AVERAGE_MINOR) < 200
    assert min(large) >= 7_360_000 // 2
    assert 2 <= len(large) * 100 // len(market) <= 4


def test_every_method_of_the_day_is_there(tmp_path: Path) -> None:
    methods = {line.method for line in lines_of(tmp_path)}
    assert {"OpenBusinessDate", "PublishProduct", "IdentifyCustomer", "Withdraw"} <= methods
    assert {"CaptureHold", "CapturePayment", "ReleasePayment", "ReversePayment"} <= methods
    assert {"SetStandingOrder", "RunStandingOrder", "PlaceRestraint"} <= methods


def test_the_payroll_is_one_companys_and_all_salaries(tmp_path: Path) -> None:
    payroll = generate_day(tmp_path, 7, 40, 0).payroll
    initiation = read_pain001(payroll.read_bytes())
    assert initiation.initiating_id == "K000001"
    assert len(initiation.transfers) == 36
    assert {line.request["purpose"] for line in read_payroll_file(payroll)} == {"PAYROLL"}


def test_a_bank_of_fewer_than_ten_customers_has_no_day(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="10 customers"):
        generate_day(tmp_path, 1, 9, 0)
    assert list(generate_day(tmp_path, 1, 10, 0)) != []


@pytest.mark.parametrize("number", [1, 999, 1000, 123_456])
def test_documents_carry_their_check_character(number: int) -> None:
    resident = resident_number(datetime.date(1990, 1, 1), number)
    values = [10 if sign == "X" else int(sign) for sign in resident]
    assert sum(value * 2 ** (17 - i) for i, value in enumerate(values)) % 11 == 1
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    code = credit_code(number)
    assert len(code) == 18
    weighted = sum(alphabet.index(sign) * 3**i for i, sign in enumerate(code[:17]))
    assert (weighted + alphabet.index(code[17])) % 31 == 0
