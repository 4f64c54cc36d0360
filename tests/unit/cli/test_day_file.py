"""The day file: what is read, and which line is to blame for what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.day_file import DayFileInvalid, DayLine, read_day_file, write_day_file
from kernel.payments.commands import ReversePayment, Transfer

PAY = {
    "ordering_customer_id": "mei",
    "payer_account_id": "A-1",
    "payee_account_id": "A-2",
    "amount_minor": 500,
    "currency": "CNY",
}


def line(**changes: Any) -> dict[str, Any]:
    return {"method": "Transfer", "command_id": "c-1", "request": PAY, **changes}


def undo(**changes: Any) -> dict[str, Any]:
    request = {"reason": "paid twice"}
    return line(method="ReversePayment", command_id="c-2", request=request, **changes)


def written(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "day.jsonl"
    texts = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def wrong(folder: Path, *lines: dict[str, Any] | str) -> tuple[tuple[str, str], ...]:
    """What is wrong with a file, as pairs of place and reason."""
    with pytest.raises(DayFileInvalid) as refused:
        list(read_day_file(written(folder, *lines)))
    return refused.value.violations


def test_a_line_is_a_command_and_who_asks_for_it(tmp_path: Path) -> None:
    path = written(tmp_path, line(principal="teller", expect="NOT_THE_HOLDER"), "", undo_later())
    first, second = read_day_file(path)
    command = first.command()
    assert isinstance(command, Transfer)
    assert (command.amount_minor, command.payee_account_id) == (500, "A-2")
    assert (first.principal, first.expect) == ("teller", "NOT_THE_HOLDER")
    assert second.principal is None


def undo_later() -> dict[str, Any]:
    return undo(payment_of="c-1")


def test_the_payment_of_an_earlier_line_is_named_once_its_position_is_known(tmp_path: Path) -> None:
    _, reversal = read_day_file(written(tmp_path, line(), undo_later()))
    with pytest.raises(ValueError, match="needs the payment of c-1"):
        reversal.request_for()
    assert reversal.request_for(41) == {"reason": "paid twice", "payment_id": 41}
    command = reversal.command(41)
    assert isinstance(command, ReversePayment)
    assert command.payment_id == 41


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    lines = [
        DayLine(method="Transfer", command_id="c-1", request={**PAY, "text": "三月房租"}),
        DayLine(
            method="ReversePayment",
            command_id="c-2",
            request={"reason": "付错了"},
            principal="teller",
            payment_of="c-1",
        ),
    ]
    path = tmp_path / "day.jsonl"
    assert write_day_file(path, lines) == 2
    assert list(read_day_file(path)) == lines


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"method": "Transmute"}, "line 2: method"),
        ({"method": 5}, "line 2: method"),
        ({"command_id": ""}, "line 2: command_id"),
        ({"command_id": "a b"}, "line 2: command_id"),
        ({"request": {**PAY, "amount_minor": 0}}, "line 2: request.amount_minor"),
        ({"request": {**PAY, "amount_minor": 1.5}}, "line 2: request.amount_minor"),
        ({"request": {**PAY, "currency": "XXQ"}}, "line 2: request.currency"),
        ({"request": {**PAY, "purpose": "GIFT"}}, "line 2: request.purpose"),
        ({"request": {**PAY, "text": "a\x07b"}}, "line 2: request.text"),
        ({"request": [PAY]}, "line 2: request"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(
    tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    good = line(command_id="c-0")
    assert wrong(tmp_path, good, line(**changes))[0][0] == place


@pytest.mark.parametrize("text", ["{", "[]", "5", '{"method": "Transfer"}', '{"x": 1}'])
def test_a_line_that_is_no_command_is_refused(tmp_path: Path, text: str) -> None:
    assert wrong(tmp_path, text)[0][0].startswith("line 1")


def test_an_unknown_field_of_a_line_or_request_is_refused(tmp_path: Path) -> None:
    assert "amount" in wrong(tmp_path, line(request={**PAY, "amount": 5}))[0][1]
    assert "note" in wrong(tmp_path, line(note="hello"))[0][1]


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl"
    path.write_bytes(b'{"method": "Trans\xfffer"}\n')
    with pytest.raises(DayFileInvalid):
        list(read_day_file(path))


def test_a_command_id_stands_once(tmp_path: Path) -> None:
    assert wrong(tmp_path, line(), line()) == (("line 2: command_id", "c-1 stands before"),)


def test_a_line_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.cli.day_file.LINE_BYTES_MAX", 300)
    assert wrong(tmp_path, line(expect="X" * 300))[0][1] == "longer than 300 bytes"


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (undo(payment_of="c-9"), "makes no payment before"),
        (undo(payment_of="c-2"), "makes no payment before"),
        (line(command_id="c-2", payment_of="c-1"), "Transfer means no payment"),
        (
            {**undo(payment_of="c-1"), "request": {"reason": "x", "payment_id": 3}},
            "payment_id is given as well",
        ),
    ],
)
def test_a_payment_is_meant_where_one_can_be(
    tmp_path: Path, second: dict[str, Any], reason: str
) -> None:
    ((place, why),) = wrong(tmp_path, line(), second)
    assert place == "line 2: payment_of"
    assert why.endswith(reason)


def test_a_reversal_names_its_payment_somehow(tmp_path: Path) -> None:
    assert "payment_id" in wrong(tmp_path, undo())[0][1]


def test_lines_before_a_wrong_one_are_given_out(tmp_path: Path) -> None:
    lines = read_day_file(written(tmp_path, line(), "{"))
    assert next(lines).command_id == "c-1"
    with pytest.raises(DayFileInvalid):
        next(lines)
