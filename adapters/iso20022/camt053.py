"""Writing camt.053, the bank-to-customer statement, of one account and one period.

Units: whole minor units. Sign: balances are positive for the customer's money and are written with
CRDT, negative ones with DBIT; entries are positive and say whether they credit the account.
Source: ISO 20022 message definition report Bank-to-Customer Cash Management, camt.053.001.08.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

import msgspec
from lxml import etree
from pyiso20022.camt import camt_053_001_08 as camt
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig
from xsdata.models.datatype import XmlDate, XmlDateTime

from adapters.iso20022.money import decimal_amount
from adapters.iso20022.xml import NAMESPACE, require_valid

MESSAGE = "camt.053.001.08"


class StatementEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One booked movement; ``reference`` is the bank's own, unique on the account.

    It has at most 35 characters.
    """

    reference: str
    booking_date: datetime.date
    value_date: datetime.date
    amount_minor: int
    is_credit: bool
    is_reversal: bool = False
    text: str = ""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement from ``first_on`` to ``last_on``, both booked in full.

    ``sequence_number`` counts the statements of the account; ``statement_id`` and ``message_id``
    have at most 35 characters.
    """

    message_id: str
    statement_id: str
    sequence_number: int
    created_at: datetime.datetime
    account_id: str
    currency: str
    first_on: datetime.date
    last_on: datetime.date
    opening_minor: int
    closing_minor: int
    entries: tuple[StatementEntry, ...]


class StatementUnbalanced(ValueError):
    """Opening balance and entries do not make the closing balance: a defect of the caller."""


def write_camt053(statement: Statement) -> bytes:
    """The message as UTF-8 XML, valid by the standard's schema.

    Raises StatementUnbalanced, and MessageInvalid for texts that the standard does not allow.
    """
    moved_minor = sum(
        entry.amount_minor if entry.is_credit else -entry.amount_minor
        for entry in statement.entries
    )
    if statement.opening_minor + moved_minor != statement.closing_minor:
        raise StatementUnbalanced(
            f"{statement.opening_minor} and {moved_minor} do not make {statement.closing_minor}"
        )
    document = camt.Document(
        bk_to_cstmr_stmt=camt.BankToCustomerStatementV08(
            grp_hdr=camt.GroupHeader81(
                msg_id=statement.message_id, cre_dt_tm=_instant(statement.created_at)
            ),
            stmt=[_statement(statement)],
        )
    )
    serializer = XmlSerializer(config=SerializerConfig(indent="  ", encoding="UTF-8"))
    namespaces = {None: f"{NAMESPACE}{MESSAGE}"}
    data = serializer.render(document, ns_map=namespaces).encode()
    require_valid(etree.fromstring(data), MESSAGE)
    return data


def _statement(statement: Statement) -> camt.AccountStatement9:
    return camt.AccountStatement9(
        id=statement.statement_id,
        elctrnc_seq_nb=Decimal(statement.sequence_number),
        cre_dt_tm=_instant(statement.created_at),
        fr_to_dt=camt.DateTimePeriod1(
            fr_dt_tm=XmlDateTime.from_datetime(
                datetime.datetime.combine(statement.first_on, datetime.time.min)
            ),
            to_dt_tm=XmlDateTime.from_datetime(
                datetime.datetime.combine(statement.last_on, datetime.time(23, 59, 59))
            ),
        ),
        acct=camt.CashAccount39(
            id=camt.AccountIdentification4Choice(
                othr=camt.GenericAccountIdentification1(id=statement.account_id)
            ),
            ccy=statement.currency,
        ),
        bal=[
            _balance("OPBD", statement.opening_minor, statement.first_on, statement),
            _balance("CLBD", statement.closing_minor, statement.last_on, statement),
        ],
        ntry=[_entry(entry, statement.currency) for entry in statement.entries],
    )


def _balance(
    code: str, amount_minor: int, on: datetime.date, statement: Statement
) -> camt.CashBalance8:
    return camt.CashBalance8(
        tp=camt.BalanceType13(cd_or_prtry=camt.BalanceType10Choice(cd=code)),
        amt=_amount(abs(amount_minor), statement.currency),
        cdt_dbt_ind=_side(amount_minor >= 0),
        dt=_day(on),
    )


def _entry(entry: StatementEntry, currency: str) -> camt.ReportEntry10:
    family = "RCDT" if entry.is_credit else "ICDT"
    return camt.ReportEntry10(
        ntry_ref=entry.reference,
        amt=_amount(entry.amount_minor, currency),
        cdt_dbt_ind=_side(entry.is_credit),
        rvsl_ind=True if entry.is_reversal else None,
        sts=camt.EntryStatus1Choice(cd="BOOK"),
        bookg_dt=_day(entry.booking_date),
        val_dt=_day(entry.value_date),
        acct_svcr_ref=entry.reference,
        bk_tx_cd=camt.BankTransactionCodeStructure4(
            domn=camt.BankTransactionCodeStructure5(
                cd="PMNT",
                fmly=camt.BankTransactionCodeStructure6(cd=family, sub_fmly_cd="OTHR"),
            )
        ),
        addtl_ntry_inf=entry.text or None,
    )


def _amount(amount_minor: int, currency: str) -> camt.ActiveOrHistoricCurrencyAndAmount:
    return camt.ActiveOrHistoricCurrencyAndAmount(
        value=decimal_amount(amount_minor, currency), ccy=currency
    )


def _side(is_credit: bool) -> camt.CreditDebitCode:
    return camt.CreditDebitCode.CRDT if is_credit else camt.CreditDebitCode.DBIT


def _day(on: datetime.date) -> camt.DateAndDateTime2Choice:
    return camt.DateAndDateTime2Choice(dt=XmlDate.from_date(on))


def _instant(at: datetime.datetime) -> XmlDateTime:
    return XmlDateTime.from_datetime(at.replace(microsecond=0))
