"""Reading pain.001, the customer credit transfer initiation: a payroll, or any file of payments.

Units: whole minor units. Beyond the schema it is checked that the counts and control sums agree,
that no end-to-end identification stands twice, and that every amount is whole in its currency.
Source: ISO 20022 message definition report Payments Initiation, pain.001.001.03 and .09.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from lxml import etree
from pyiso20022.pain import pain_001_001_03, pain_001_001_09
from xsdata.exceptions import ConverterWarning, ParserError
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.handlers import LxmlEventHandler

from adapters.iso20022.money import minor_units
from adapters.iso20022.xml import VIOLATIONS_MAX, MessageInvalid, parse

_DOCUMENTS: dict[str, Any] = {
    "pain.001.001.03": pain_001_001_03.Document,
    "pain.001.001.09": pain_001_001_09.Document,
}
NOT_PROVIDED = "NOTPROVIDED"
"""What stands for an end-to-end identification when the payer gave none."""
_TRANSFER = "TRF"


class CreditTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """One credit transfer. ``path`` says where it stands; absent texts are empty.

    ``purposes`` are the codes of purpose and category purpose, of the transfer and of its group.
    """

    path: str
    payment_information_id: str
    end_to_end_id: str
    instruction_id: str
    requested_on: datetime.date
    debtor_id: str
    debtor_account: str
    creditor_account: str
    amount_minor: int
    currency: str
    purposes: frozenset[str]
    text: str


class Initiation(msgspec.Struct, frozen=True, kw_only=True):
    """A whole message. ``initiating_id`` identifies who sent it; empty when absent."""

    message: str
    message_id: str
    initiating_id: str
    transfers: tuple[CreditTransfer, ...]


def read_pain001(data: bytes) -> Initiation:
    """The message; raises MessageInvalid with every path and reason found (at most 20)."""
    message, root = parse(data, tuple(_DOCUMENTS))
    initiation = _bound(root, _DOCUMENTS[message]).cstmr_cdt_trf_initn
    header = initiation.grp_hdr
    violations = [*_totals(initiation), *_duplicates(initiation)]
    transfers: list[CreditTransfer] = []
    for group_no, group in enumerate(initiation.pmt_inf, 1):
        for number, one in enumerate(group.cdt_trf_tx_inf, 1):
            path = f"PmtInf[{group_no}]/CdtTrfTxInf[{number}]"
            try:
                transfers.append(_transfer(group, one, path))
            except MessageInvalid as error:
                violations += error.violations
    if violations:
        raise MessageInvalid(*violations[:VIOLATIONS_MAX])
    return Initiation(
        message=message,
        message_id=header.msg_id,
        initiating_id=_party_id(header.initg_pty),
        transfers=tuple(transfers),
    )


def _bound(root: etree._Element, document: Any) -> Any:
    """The message as the library's classes."""
    try:
        return XmlParser(handler=LxmlEventHandler).parse(root, document)
    except (ParserError, ConverterWarning, ValueError) as error:
        raise MessageInvalid(("$", f"not readable: {error}")) from None


def _transfer(group: Any, one: Any, path: str) -> CreditTransfer:
    if group.pmt_mtd.value != _TRANSFER:
        raise MessageInvalid((path, f"payment method {group.pmt_mtd.value} is not carried out"))
    instructed = one.amt.instd_amt
    if instructed is None:
        raise MessageInvalid((f"{path}/Amt", "only an instructed amount is carried out"))
    return CreditTransfer(
        path=path,
        payment_information_id=group.pmt_inf_id,
        end_to_end_id=one.pmt_id.end_to_end_id,
        instruction_id=one.pmt_id.instr_id or "",
        requested_on=_requested_on(group.reqd_exctn_dt),
        debtor_id=_party_id(group.dbtr),
        debtor_account=_account_id(group.dbtr_acct),
        creditor_account=_account_id(one.cdtr_acct),
        amount_minor=minor_units(instructed.value, instructed.ccy, f"{path}/Amt/InstdAmt"),
        currency=instructed.ccy,
        purposes=frozenset(_purposes(group, one)),
        text=_text(one.rmt_inf),
    )


def _totals(initiation: Any) -> Iterator[tuple[str, str]]:
    """Counts and control sums that do not agree; a sum is over the amounts, whatever currency."""
    groups = initiation.pmt_inf
    every = [one for group in groups for one in group.cdt_trf_tx_inf]
    yield from _total(initiation.grp_hdr, every, "GrpHdr")
    for group_no, group in enumerate(groups, 1):
        yield from _total(group, group.cdt_trf_tx_inf, f"PmtInf[{group_no}]")


def _total(holder: Any, transfers: list[Any], path: str) -> Iterator[tuple[str, str]]:
    if holder.nb_of_txs is not None and int(holder.nb_of_txs) != len(transfers):
        yield f"{path}/NbOfTxs", f"{holder.nb_of_txs} stands there, {len(transfers)} were found"
    found = sum((_amount(one) for one in transfers), Decimal(0))
    if holder.ctrl_sum is not None and holder.ctrl_sum != found:
        yield f"{path}/CtrlSum", f"{holder.ctrl_sum} stands there, {found} was found"


def _amount(one: Any) -> Decimal:
    amount: Decimal = (one.amt.instd_amt or one.amt.eqvt_amt.amt).value
    return amount


def _duplicates(initiation: Any) -> Iterator[tuple[str, str]]:
    """End-to-end identifications that stand twice, told apart by instruction when not provided."""
    first: dict[tuple[str, str], str] = {}
    for group_no, group in enumerate(initiation.pmt_inf, 1):
        for number, one in enumerate(group.cdt_trf_tx_inf, 1):
            path = f"PmtInf[{group_no}]/CdtTrfTxInf[{number}]/PmtId"
            end_to_end_id = one.pmt_id.end_to_end_id
            told_apart = (one.pmt_id.instr_id or "") if end_to_end_id == NOT_PROVIDED else ""
            before = first.setdefault((end_to_end_id, told_apart), path)
            if before != path:
                yield path, f"EndToEndId {end_to_end_id} {told_apart}".rstrip() + f" as in {before}"


def _purposes(group: Any, one: Any) -> Iterator[str]:
    if one.purp is not None and one.purp.cd:
        yield one.purp.cd
    for kind in (group.pmt_tp_inf, one.pmt_tp_inf):
        if kind is not None and kind.ctgy_purp is not None and kind.ctgy_purp.cd:
            yield kind.ctgy_purp.cd


def _requested_on(requested: Any) -> datetime.date:
    """The execution date: plain in version 03, a choice of date or date and time in 09."""
    day = getattr(requested, "dt", None) or getattr(requested, "dt_tm", None) or requested
    return datetime.date(day.year, day.month, day.day)


def _party_id(party: Any) -> str:
    """The first identification of an organisation or a person that is no BIC or LEI; or empty."""
    if party is None or party.id is None:
        return ""
    kind = party.id.org_id or party.id.prvt_id
    return kind.othr[0].id if kind is not None and kind.othr else ""


def _account_id(account: Any) -> str:
    """The IBAN, or the bank's own account number; empty when there is no account."""
    if account is None or account.id is None:
        return ""
    found: str = account.id.iban or account.id.othr.id
    return found


def _text(remittance: Any) -> str:
    """The first unstructured remittance text, else the creditor's reference; one line."""
    if remittance is None:
        return ""
    found = remittance.ustrd[:1] or [
        one.cdtr_ref_inf.ref
        for one in remittance.strd
        if one.cdtr_ref_inf is not None and one.cdtr_ref_inf.ref
    ]
    return " ".join(found[0].split()) if found else ""
