"""Reading pain.001: samples of others, our own payroll, and messages that are wrong."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from adapters.iso20022 import xml
from adapters.iso20022.money import decimal_amount, minor_units
from adapters.iso20022.pain001 import read_pain001
from adapters.iso20022.pain001_writer import write_pain001
from adapters.iso20022.payroll import transfer_orders
from adapters.iso20022.xml import MessageInvalid
from kernel.common.fields import MAX_AMOUNT_MINOR
from kernel.payments.commands import TransferPurpose
from tests.unit.iso20022.messages import changed, payroll, salary, sample

PAYROLL = write_pain001(payroll())


def wrong(data: bytes) -> dict[str, str]:
    """What is wrong with a message, by path."""
    with pytest.raises(MessageInvalid) as refused:
        transfer_orders(read_pain001(data))
    return dict(refused.value.violations)


@pytest.mark.parametrize("version", ["03", "09"])
def test_a_german_payroll_is_read_in_both_versions(version: str) -> None:
    initiation = read_pain001(sample(f"de.sepa.sct-salary.pain.001.001.{version}.xml"))
    assert initiation.message == f"pain.001.001.{version}"
    assert initiation.message_id == "MSTR-SAL-2026-09"
    first, second = initiation.transfers
    assert (first.debtor_account, first.creditor_account) == (
        "DE09028457998082047609",
        "DE65261964603287767307",
    )
    assert (first.amount_minor, second.amount_minor) == (325_000, 298_050)
    assert first.requested_on == datetime.date(2026, 9, 28)
    assert (first.text, second.text) == ("Gehalt September 2026", "RF18539007547034")
    orders = transfer_orders(initiation)
    assert {order.command.purpose for order in orders} == {TransferPurpose.PAYROLL}
    assert {order.command.ordering_customer_id for order in orders} == {"DE98ZZZ09999999999"}


def test_both_versions_of_one_payroll_are_the_same_commands() -> None:
    names = [f"de.sepa.sct-salary.pain.001.001.{version}.xml" for version in ("03", "09")]
    old, new = (transfer_orders(read_pain001(sample(name))) for name in names)
    assert old == new
    assert len({order.command_id for order in old}) == 2


def test_a_swiss_payment_is_no_salary_and_names_no_customer() -> None:
    initiation = read_pain001(sample("ch.international.usd.pain.001.001.03.xml"))
    (order,) = transfer_orders(initiation, ordering_customer_id="alpina")
    assert order.command.purpose is TransferPurpose.ORDINARY
    assert (order.command.payee_account_id, order.command.currency) == ("5512345678", "USD")
    with pytest.raises(MessageInvalid, match="neither debtor nor initiating party"):
        transfer_orders(initiation)


def test_a_message_with_every_element_of_the_standard_is_read() -> None:
    (one,) = read_pain001(sample("every-element.pain.001.001.09.xml")).transfers
    assert (one.amount_minor, one.currency) == (100, "EUR")


def test_our_own_payroll_is_read_as_it_was_written() -> None:
    orders = transfer_orders(read_pain001(PAYROLL))
    assert [order.command.amount_minor for order in orders] == [325_000, 298_050]
    assert orders[0].command.text == "2026年3月工资"
    assert orders[0].command.ordering_customer_id == "K000001"
    assert orders[0].requested_on == "2026-03-02"


def test_a_command_id_changes_with_each_of_its_names() -> None:
    def ids(data: bytes) -> list[str]:
        return [order.command_id for order in transfer_orders(read_pain001(data))]

    original = ids(PAYROLL)
    assert ids(PAYROLL) == original
    assert all(len(one) == 40 for one in original)
    other_message = ids(changed("<MsgId>PAYROLL", "<MsgId>PAYR0LL"))
    other_group = ids(changed("<PmtInfId>PAYROLL", "<PmtInfId>PAYR0LL"))
    other_instruction = ids(changed("<EndToEndId>S-1", "<InstrId>I</InstrId><EndToEndId>S-1"))
    assert not set(original) & set(other_message)
    assert not set(original) & set(other_group)
    assert original[0] != other_instruction[0]
    assert original[1] == other_instruction[1]


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("CNY", "0.01", 1),
        ("CNY", "12.5", 1250),
        ("CNY", "12.50000", 1250),
        ("JPY", "12", 12),
        ("KWD", "0.001", 1),
        ("CNY", "10000000000000.00", MAX_AMOUNT_MINOR),
    ],
)
def test_amounts_are_whole_minor_units(currency: str, text: str, minor: int) -> None:
    assert minor_units(Decimal(text), currency, "Amt") == minor
    assert decimal_amount(minor, currency) == Decimal(text)


@pytest.mark.parametrize(
    ("currency", "text", "reason"),
    [
        ("CNY", "0.005", "no whole number"),
        ("JPY", "0.5", "no whole number"),
        ("CNY", "0", "out of range"),
        ("CNY", "10000000000000.01", "out of range"),
        ("XXQ", "1", "not an ISO 4217 currency"),
    ],
)
def test_an_amount_that_is_none_is_refused(currency: str, text: str, reason: str) -> None:
    with pytest.raises(MessageInvalid, match=reason):
        minor_units(Decimal(text), currency, "Amt")


def test_a_part_of_a_fen_is_refused_where_it_stands() -> None:
    message = changed("3250.00</InstdAmt>", "3250.005</InstdAmt>").replace(b"6230.50", b"6230.505")
    path = "PmtInf[1]/CdtTrfTxInf[1]/Amt/InstdAmt"
    assert wrong(message) == {path: "3250.005 is no whole number of minor units of CNY"}


def test_counts_and_control_sums_must_agree() -> None:
    message = changed("<NbOfTxs>2", "<NbOfTxs>3", 2).replace(b"6230.50</CtrlSum>", b"1</CtrlSum>")
    assert wrong(message) == {
        "GrpHdr/NbOfTxs": "3 stands there, 2 were found",
        "GrpHdr/CtrlSum": "1 stands there, 6230.50 was found",
        "PmtInf[1]/NbOfTxs": "3 stands there, 2 were found",
        "PmtInf[1]/CtrlSum": "1 stands there, 6230.50 was found",
    }


def test_an_end_to_end_identification_stands_once() -> None:
    assert wrong(changed("<EndToEndId>S-2", "<EndToEndId>S-1")) == {
        "PmtInf[1]/CdtTrfTxInf[2]/PmtId": "EndToEndId S-1 as in PmtInf[1]/CdtTrfTxInf[1]/PmtId"
    }


def test_transfers_without_end_to_end_identification_are_told_apart_by_instruction() -> None:
    none = changed("<EndToEndId>S-1", "<EndToEndId>NOTPROVIDED").replace(
        b"<EndToEndId>S-2", b"<InstrId>I-2</InstrId><EndToEndId>NOTPROVIDED"
    )
    assert len(transfer_orders(read_pain001(none))) == 2
    assert "PmtInf[1]/CdtTrfTxInf[2]/PmtId" in wrong(none.replace(b"<InstrId>I-2</InstrId>", b""))


def test_an_account_that_cannot_be_ours_is_named_by_its_path() -> None:
    found = wrong(changed("<Id>62170000S-1", "<Id>6217 0000 S-1"))
    assert list(found) == ["PmtInf[1]/CdtTrfTxInf[1]: payee_account_id"]


def test_a_cheque_is_not_carried_out() -> None:
    assert "CHK" in next(iter(wrong(changed("<PmtMtd>TRF", "<PmtMtd>CHK")).values()))


def test_an_equivalent_amount_is_not_carried_out() -> None:
    other = changed(
        '<InstdAmt Ccy="CNY">3250.00</InstdAmt>',
        '<EqvtAmt><Amt Ccy="CNY">3250.00</Amt><CcyOfTrf>USD</CcyOfTrf></EqvtAmt>',
    )
    assert wrong(other) == {
        "PmtInf[1]/CdtTrfTxInf[1]/Amt": "only an instructed amount is carried out"
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<MsgId>PAYROLL-20260302</MsgId>", "<MsgId></MsgId>"),
        ("<MsgId>PAYROLL-20260302</MsgId>", ""),
        ("<MsgId>PAYROLL", f"<MsgId>{'X' * 35}"),
        ("<PmtMtd>TRF", "<PmtMtd>FAX"),
        (">3250.00<", ">-3250.00<"),
        (">3250.00<", ">3,250.00<"),
        (">3250.00<", ">3250.000001<"),
        ('Ccy="CNY"', 'Ccy="cny"'),
        ("<NbOfTxs>2", "<NbOfTxs>two"),
        ("<PmtInfId>", "<Surprise/><PmtInfId>"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused_with_its_line(old: str, new: str) -> None:
    assert next(iter(wrong(changed(old, new)))).startswith("line ")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<Document/>",
        b"\xff\xfe\x00",
        PAYROLL[:-20],
        PAYROLL.replace(b"pain.001.001.09", b"pain.001.001.08"),
        PAYROLL.replace(b"pain.001.001.09", b"pain.008.001.08"),
        b'<?xml version="1.0" encoding="no-such"?><Document/>',
    ],
)
def test_what_is_no_such_message_is_refused(data: bytes) -> None:
    assert list(wrong(data)) == ["$"]


def test_entities_are_not_expanded_and_no_file_is_read() -> None:
    laughs = b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    outside = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    remote = b'<!DOCTYPE d SYSTEM "http://localhost/d.dtd">'
    head, body = PAYROLL.split(b"?>", 1)
    for prolog in (laughs, outside, remote):
        message = head + b"?>" + prolog + body.replace(b"2026", b"&a;", 1)
        assert wrong(message) == {"$": "a document type is not allowed"}


def test_a_message_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "BYTES_MAX", 100)
    assert "100 are allowed" in wrong(PAYROLL)["$"]


def test_a_hundred_wrong_payments_are_reported_as_twenty() -> None:
    many = payroll(*(salary(f"S-{number}", 100) for number in range(100)))
    message = write_pain001(many).replace(b"<PmtMtd>TRF", b"<PmtMtd>CHK")
    assert len(wrong(message)) == 20


def test_a_payroll_in_yen_has_no_places() -> None:
    message = write_pain001(payroll(salary("S-1", 250_000), currency="JPY"))
    assert b'<InstdAmt Ccy="JPY">250000</InstdAmt>' in message
    assert read_pain001(message).transfers[0].amount_minor == 250_000


def test_a_payroll_that_the_standard_does_not_allow_is_not_written() -> None:
    with pytest.raises(MessageInvalid):
        write_pain001(payroll(salary("S" * 36, 100)))
