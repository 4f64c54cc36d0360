"""The chart of accounts: every subject that a posting rule may name.

Units: none; a subject carries no amount.
Sign: ``normal_side`` is the side on which a subject's balance usually stands.
Source: CAS application guide (企业会计准则应用指南), appendix of subjects, for four-digit codes;
six-digit codes are the bank's own divisions of them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Side(StrEnum):
    """The two sides of an account."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


class Subject(msgspec.Struct, frozen=True):
    """One subject of the general ledger.

    ``is_control`` marks a subject that is the sum of accounts, or of loans' amounts, kept in a
    sub-ledger.
    """

    code: str
    name_en: str
    name_zh: str
    normal_side: Side
    is_control: bool = False


_DR, _CR = Side.DEBIT, Side.CREDIT

CHART: dict[str, Subject] = {
    subject.code: subject
    for subject in (
        Subject("1001", "Cash on hand", "库存现金", _DR),
        Subject("1003", "Balances with the central bank", "存放中央银行款项", _DR),
        Subject("1011", "Balances with other banks", "存放同业", _DR),
        Subject("1031", "Margin paid", "存出保证金", _DR),
        Subject("1111", "Reverse repurchase agreements", "买入返售金融资产", _DR),
        Subject("1132", "Interest receivable", "应收利息", _DR),
        Subject("113201", "Interest due on loans", "应收利息—贷款利息", _DR, True),
        Subject("113202", "Penalty interest due", "应收利息—罚息", _DR, True),
        Subject("113203", "Compound interest due", "应收利息—复利", _DR, True),
        Subject("1221", "Other receivables", "其他应收款", _DR),
        Subject("122101", "Loan fees receivable", "其他应收款—贷款费用", _DR, True),
        Subject("122102", "Interest subsidies receivable", "其他应收款—财政贴息", _DR),
        Subject("122199", "Suspense, to be cleared (debit)", "其他应收款—待查", _DR),
        Subject("1231", "Bad debt allowance", "坏账准备", _CR),
        Subject("1301", "Discounted bills", "贴现资产", _DR),
        Subject("1302", "Placements with banks", "拆出资金", _DR),
        Subject("1303", "Loans", "贷款", _DR),
        Subject("130301", "Loans, not due", "贷款—正常本金", _DR, True),
        Subject("130302", "Loans, overdue", "贷款—逾期本金", _DR, True),
        Subject("130303", "Loans, impaired", "贷款—已减值", _DR, True),
        Subject("130304", "Loans, interest accrued", "贷款—应计利息", _DR, True),
        Subject("130309", "Loans, income not yet earned", "贷款—利息调整", _CR, True),
        Subject("1304", "Loan loss allowance", "贷款损失准备", _CR),
        Subject("1321", "Agency assets", "代理业务资产", _DR),
        Subject("1441", "Foreclosed assets", "抵债资产", _DR),
        Subject("1811", "Deferred tax assets", "递延所得税资产", _DR),
        Subject("2002", "Margin deposits received", "存入保证金", _CR),
        Subject("2003", "Placements from banks", "拆入资金", _CR),
        Subject("2004", "Borrowings from the central bank", "向中央银行借款", _CR),
        Subject("2011", "Deposits taken", "吸收存款", _CR),
        Subject("201101", "Personal current deposits", "吸收存款—个人活期", _CR, True),
        Subject("201102", "Personal time deposits", "吸收存款—个人定期", _CR, True),
        Subject("201103", "Personal notice deposits", "吸收存款—个人通知", _CR, True),
        Subject("201111", "Corporate current deposits", "吸收存款—单位活期", _CR, True),
        Subject("201112", "Corporate time deposits", "吸收存款—单位定期", _CR, True),
        Subject("201113", "Agreement deposits", "吸收存款—单位协定", _CR, True),
        Subject("201114", "Corporate notice deposits", "吸收存款—单位通知", _CR, True),
        Subject("2012", "Deposits from other banks", "同业存放", _CR),
        Subject("2221", "Taxes payable", "应交税费", _CR),
        Subject("222101", "Output VAT", "应交税费—销项税额", _CR),
        Subject("222102", "Tax withheld on interest", "应交税费—代扣利息税", _CR),
        Subject("222109", "Output VAT, deferred", "应交税费—待转销项税额", _CR),
        Subject("2231", "Interest payable", "应付利息", _CR, True),
        Subject("2241", "Other payables", "其他应付款", _CR),
        Subject("224101", "Long-suspended deposits", "其他应付款—久悬未取", _CR),
        Subject("224102", "Money pending", "其他应付款—待处理款项", _CR),
        Subject("224103", "Money of borrowers, held", "其他应付款—借款人预存", _CR, True),
        Subject("224199", "Suspense, to be cleared (credit)", "其他应付款—待查", _CR),
        Subject("2314", "Agency liabilities", "代理业务负债", _CR),
        Subject("2801", "Provisions for commitments", "预计负债—贷款承诺", _CR),
        Subject("3001", "Clearing of funds", "清算资金往来", _DR),
        Subject("300101", "Clearing between branches", "清算资金往来—辖内往来", _DR),
        Subject("300103", "Settlement of loans", "清算资金往来—贷款结算", _DR),
        Subject("300104", "Settlement with lending partners", "清算资金往来—联合贷款", _DR),
        Subject("300105", "Loans taken over", "清算资金往来—存量导入", _DR),
        Subject("3002", "Currency exchange", "货币兑换", _DR),
        Subject("4101", "Surplus reserve", "盈余公积", _CR),
        Subject("4102", "General risk reserve", "一般风险准备", _CR),
        Subject("4103", "Profit of the year", "本年利润", _CR),
        Subject("4104", "Profit distribution", "利润分配", _CR),
        Subject("6011", "Interest income", "利息收入", _CR),
        Subject("601101", "Interest on loans", "利息收入—贷款利息", _CR, True),
        Subject("601102", "Penalty interest", "利息收入—罚息", _CR, True),
        Subject("601103", "Compound interest", "利息收入—复利", _CR, True),
        Subject("6021", "Fee and commission income", "手续费及佣金收入", _CR),
        Subject("602101", "Fees of loans", "手续费及佣金收入—贷款", _CR, True),
        Subject("602102", "Fees of accounts", "手续费及佣金收入—账户", _CR),
        Subject("6411", "Interest expense", "利息支出", _DR),
        Subject("6421", "Fee and commission expense", "手续费及佣金支出", _DR),
        Subject("6602", "Administrative expense", "业务及管理费", _DR),
        Subject("6702", "Credit impairment loss", "信用减值损失", _DR),
        Subject("6901", "Prior-year adjustments", "以前年度损益调整", _DR),
        Subject("9101", "Memo: interest not received", "表外—未收利息", _DR),
        Subject("910101", "Memo: interest accrued", "表外—应计利息", _DR, True),
        Subject("910102", "Memo: interest due", "表外—应收利息", _DR, True),
        Subject("910103", "Memo: penalty interest", "表外—罚息", _DR, True),
        Subject("910104", "Memo: compound interest", "表外—复利", _DR, True),
        Subject("9102", "Memo: principal written off", "表外—已核销本金", _DR, True),
        Subject("9103", "Memo: interest written off", "表外—已核销利息", _DR, True),
        Subject("9104", "Memo: collateral held", "表外—代保管押品", _DR),
        Subject("9105", "Memo: commitments not drawn", "表外—未提用授信", _DR),
        Subject("9106", "Memo: principal of lending partners", "表外—联合贷款出资", _DR, True),
        Subject("9999", "Memo: contra account", "表外—备查对应科目", _CR),
    )
}

SUSPENSE_DEBIT = "122199"
SUSPENSE_CREDIT = "224199"
PRIOR_YEAR_ADJUSTMENTS = "6901"


def subject(code: str) -> Subject:
    """The subject of the code; raises KeyError for a code outside the chart.

    >>> subject("201101").name_zh
    '吸收存款—个人活期'
    """
    return CHART[code]
