"""Writing pain.001, the customer credit transfer initiation, for a payroll of one company.

Units: whole minor units.
Source: ISO 20022 message definition report Payments Initiation, pain.001.001.09; category purpose
and purpose SALA of the external code sets.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

import msgspec
from lxml import etree
from pyiso20022.pain import pain_001_001_09 as pain
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig
from xsdata.models.datatype import XmlDate, XmlDateTime

from adapters.iso20022.money import decimal_amount
from adapters.iso20022.payroll import SALARY
from adapters.iso20022.xml import NAMESPACE, require_valid

MESSAGE = "pain.001.001.09"
NO_BIC = "NOTPROVIDED"
"""Stands for the agent when all accounts are with the bank that reads the message."""


class Salary(msgspec.Struct, frozen=True, kw_only=True):
    """One salary; ``reference`` is its end-to-end identification (35 characters)."""

    reference: str
    name: str
    account_id: str
    amount_minor: int
    text: str = ""


class Payroll(msgspec.Struct, frozen=True, kw_only=True):
    """The salaries of one company on one day, out of one account."""

    message_id: str
    created_at: datetime.datetime
    execute_on: datetime.date
    customer_id: str
    company: str
    account_id: str
    currency: str
    salaries: tuple[Salary, ...]


def write_pain001(payroll: Payroll) -> bytes:
    """The message as UTF-8 XML, valid by the standard's schema; raises MessageInvalid."""
    count = str(len(payroll.salaries))
    total = decimal_amount(sum(one.amount_minor for one in payroll.salaries), payroll.currency)
    company = _company(payroll)
    document = pain.Document(
        cstmr_cdt_trf_initn=pain.CustomerCreditTransferInitiationV09(
            grp_hdr=pain.GroupHeader85(
                msg_id=payroll.message_id,
                cre_dt_tm=XmlDateTime.from_datetime(payroll.created_at),
                nb_of_txs=count,
                ctrl_sum=total,
                initg_pty=company,
            ),
            pmt_inf=[_instruction(payroll, company, count, total)],
        )
    )
    serializer = XmlSerializer(config=SerializerConfig(indent="  ", encoding="UTF-8"))
    data = serializer.render(document, ns_map={None: f"{NAMESPACE}{MESSAGE}"}).encode()
    require_valid(etree.fromstring(data), MESSAGE)
    return data


def _company(payroll: Payroll) -> pain.PartyIdentification135:
    return pain.PartyIdentification135(
        nm=payroll.company,
        id=pain.Party38Choice(
            org_id=pain.OrganisationIdentification29(
                othr=[pain.GenericOrganisationIdentification1(id=payroll.customer_id)]
            )
        ),
    )


def _instruction(
    payroll: Payroll, company: pain.PartyIdentification135, count: str, total: Decimal
) -> pain.PaymentInstruction30:
    return pain.PaymentInstruction30(
        pmt_inf_id=payroll.message_id,
        pmt_mtd=pain.PaymentMethod3Code.TRF,
        nb_of_txs=count,
        ctrl_sum=total,
        pmt_tp_inf=pain.PaymentTypeInformation26(ctgy_purp=pain.CategoryPurpose1Choice(cd=SALARY)),
        reqd_exctn_dt=pain.DateAndDateTime2Choice(dt=XmlDate.from_date(payroll.execute_on)),
        dbtr=company,
        dbtr_acct=_account(payroll.account_id),
        dbtr_agt=pain.BranchAndFinancialInstitutionIdentification6(
            fin_instn_id=pain.FinancialInstitutionIdentification18(
                othr=pain.GenericFinancialIdentification1(id=NO_BIC)
            )
        ),
        cdt_trf_tx_inf=[_transfer(one, payroll.currency) for one in payroll.salaries],
    )


def _transfer(one: Salary, currency: str) -> pain.CreditTransferTransaction34:
    remittance = pain.RemittanceInformation16(ustrd=[one.text]) if one.text else None
    return pain.CreditTransferTransaction34(
        pmt_id=pain.PaymentIdentification6(end_to_end_id=one.reference),
        amt=pain.AmountType4Choice(
            instd_amt=pain.ActiveOrHistoricCurrencyAndAmount(
                value=decimal_amount(one.amount_minor, currency), ccy=currency
            )
        ),
        cdtr=pain.PartyIdentification135(nm=one.name),
        cdtr_acct=_account(one.account_id),
        purp=pain.Purpose2Choice(cd=SALARY),
        rmt_inf=remittance,
    )


def _account(account_id: str) -> pain.CashAccount38:
    return pain.CashAccount38(
        id=pain.AccountIdentification4Choice(othr=pain.GenericAccountIdentification1(id=account_id))
    )
