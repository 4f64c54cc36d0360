"""Messages and plain values: what a message cannot say is refused, the rest survives the way."""

from __future__ import annotations

import datetime
import unicodedata

import pytest
from corebank.payment.v1 import payment_pb2
from corebank.product.v1 import product_pb2
from corebank.report.v1 import report_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.rpc.convert import fill, plain
from adapters.rpc.methods import COMMANDS
from kernel.common.fields import MAX_AMOUNT_MINOR, shaped
from kernel.common.refusals import InvalidInput
from kernel.payments.commands import Transfer

TRANSFER = {
    "ordering_customer_id": "C-1",
    "payer_account_id": "A-1",
    "payee_account_id": "A-2",
    "amount_minor": 100,
    "currency": "CNY",
}
UNKNOWN_FIELD = b"\xf8\x3f\x01"
"""Field 1023, a number that no message of the kernel uses."""


def transfer(**fields: object) -> Transfer:
    """The command that a transfer message with these fields becomes."""
    message = payment_pb2.TransferRequest()
    fill(message, {**TRANSFER, **fields})
    sent = payment_pb2.TransferRequest.FromString(message.SerializeToString())
    values = plain(sent)
    values.pop("command_id")
    command = shaped(COMMANDS["Transfer"], values)
    assert isinstance(command, Transfer)
    return command


def refused_path(**fields: object) -> str:
    """The field that a transfer with these fields is refused for."""
    with pytest.raises(InvalidInput) as caught:
        transfer(**fields)
    return caught.value.violations[0][0]


def test_a_message_becomes_the_command_with_its_defaults() -> None:
    """What is absent takes the command's own default, what is set is there."""
    command = transfer(value_date="2026-03-02", purpose="PAYROLL")
    assert command.value_date == datetime.date(2026, 3, 2)
    assert command.purpose.value == "PAYROLL"
    assert transfer().value_date is None
    assert transfer().purpose.value == "ORDINARY"


@settings(max_examples=100, deadline=None)
@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_an_amount_is_taken_within_its_bounds_only(amount_minor: int) -> None:
    """From one fen to the largest instruction; zero, negative and huge are refused by name."""
    if 1 <= amount_minor <= MAX_AMOUNT_MINOR:
        assert transfer(amount_minor=amount_minor).amount_minor == amount_minor
    else:
        assert refused_path(amount_minor=amount_minor) == "amount_minor"


@pytest.mark.parametrize("amount_minor", [1, MAX_AMOUNT_MINOR])
def test_the_edges_of_an_amount_are_taken(amount_minor: int) -> None:
    """The smallest and the largest instruction."""
    assert transfer(amount_minor=amount_minor).amount_minor == amount_minor


@pytest.mark.parametrize("amount_minor", [0, -1, MAX_AMOUNT_MINOR + 1, 2**63 - 1, -(2**63)])
def test_amounts_beyond_the_edges_are_refused(amount_minor: int) -> None:
    """One step beyond either edge, and the ends of the wire type."""
    assert refused_path(amount_minor=amount_minor) == "amount_minor"


@settings(max_examples=100, deadline=None)
@given(st.integers(min_value=-(2**31), max_value=2**31 - 1))
def test_only_named_enum_numbers_are_taken(number: int) -> None:
    """An enum number without a name, and the unspecified one, are refused."""
    names = payment_pb2.TransferPurpose.DESCRIPTOR.values_by_number
    if number in names and number != 0:
        assert transfer(purpose=number).purpose.value == names[number].name.removeprefix(
            "TRANSFER_PURPOSE_"
        )
    else:
        assert refused_path(purpose=number) == "purpose"


def test_an_unspecified_enum_is_no_default() -> None:
    """Number 0 sent explicitly is not the same as leaving the field out."""
    assert refused_path(purpose=0) == "purpose"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60))
def test_texts_that_look_the_same_are_the_same(text: str) -> None:
    """Both normal forms of one text become one command, so also one fingerprint."""
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    composed, decomposed = (transfer(text=form) for form in forms)
    assert composed == decomposed
    assert composed.text == forms[0]


@pytest.mark.parametrize("character", ["\x00", "\n", "\x1f", "\x7f", "\x85", "\u2028", "\u2029"])
def test_control_characters_are_refused(character: str) -> None:
    """A line break in a statement's text could forge a line."""
    assert refused_path(text=f"a{character}b") == "text"


@pytest.mark.parametrize(
    "spelling", ["Caf\u00e9", "Cafe\u0301", "Ａ-1", "", "A 1", "A\n", "A" * 41]
)
def test_an_id_has_one_spelling(spelling: str) -> None:
    """Ids are plain ASCII: no second Unicode spelling of an account exists."""
    assert refused_path(payee_account_id=spelling) == "payee_account_id"


@pytest.mark.parametrize("currency", ["cny", "XXQ", "", "CN", "CNYY", "ＣＮＹ"])
def test_a_currency_is_one_of_iso_4217(currency: str) -> None:
    """Anything else is refused."""
    assert refused_path(currency=currency) == "currency"


@pytest.mark.parametrize("value_date", ["", "yesterday", "2026-02-30", "20260302", "2026-3-2"])
def test_a_date_is_written_in_one_way(value_date: str) -> None:
    """YYYY-MM-DD, and a day of the calendar."""
    assert refused_path(value_date=value_date) == "value_date"


def test_an_unknown_field_is_refused() -> None:
    """A newer client's field would otherwise be dropped without a word."""
    message = payment_pb2.TransferRequest.FromString(UNKNOWN_FIELD)
    with pytest.raises(InvalidInput) as caught:
        plain(message)
    assert caught.value.violations[0][0] == "$"


def test_an_unknown_field_inside_is_refused_by_its_path() -> None:
    """Also in a message within a list."""
    message = payment_pb2.BulkTransferRequest()
    message.items.add()
    message.items.add().MergeFromString(UNKNOWN_FIELD)
    with pytest.raises(InvalidInput) as caught:
        plain(message)
    assert caught.value.violations[0][0] == "items[1]"


def test_filling_refuses_what_the_message_lacks() -> None:
    """A misspelt field, a fractional amount, an enum name of another type."""
    wrong: list[dict[str, object]] = [
        {"amount": 5},
        {"amount_minor": 1.5},
        {"amount_minor": 2**63},
        {"purpose": "CASH"},
    ]
    for fields in wrong:
        with pytest.raises(InvalidInput) as caught:
            fill(payment_pb2.TransferRequest(), fields)
        assert caught.value.violations[0][0] == next(iter(fields))


def test_nested_messages_go_both_ways() -> None:
    """A message within a message, with its enums by name."""
    terms = {
        "name": "Current account",
        "account_class": "II",
        "holder_kind": "PERSON",
        "currency": "CNY",
        "minimum_level": "FACE_TO_FACE",
    }
    request = product_pb2.DraftProductRequest()
    fill(request, {"product_id": "current", "version": 1, "terms": terms})
    assert plain(request)["terms"] == terms


def test_a_map_of_plain_values_is_read_as_one() -> None:
    asked = report_pb2.GetReportRequest(name="vintage", parameters={"months": "12"})
    assert plain(asked)["parameters"] == {"months": "12"}
