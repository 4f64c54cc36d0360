"""How long a farm loan takes over gRPC: application, decision, contract, drawdown, repayment.

``python -m benchmarks.farm_loan [LOANS]`` (60) on a throw-away embedded server with fsync on; one
client, one call after another, server in a process of its own. Land is registered, valued and
pledged in between, and counts for the loan as a whole. p99 of the five steps is asked to be below
a second; so is the sum of them. Units: milliseconds of wall time.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from adapters.cli.client import Client
from adapters.cli.demo import server
from adapters.cli.roles import read_tokens, write_credentials
from adapters.database import Database
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from benchmarks.results_file import Row, finished, show, write
from tests.support.bank import CURRENT
from tests.support.lending import DIGEST, definition

STEPS = ("application", "decision", "contract", "drawdown", "repayment")
AMOUNT_MINOR = 9_000_000
MOST_MS = 1_000.0
TODAY, NEXT_YEAR = "2026-03-02", "2027-03-02"
LAND = {
    "registry_number": "H-7",
    "contract_ends_on": "2029-03-02",
    "annual_rent_minor": 6_000_000,
    "growing_crop_minor": 2_000_000,
    "crop": "rice",
}


class Lender:
    """Calls by role, and what each step of each loan took."""

    def __init__(self, client: Client, tokens: dict[str, str]) -> None:
        self.client, self.tokens = client, tokens
        self.calls = 0
        self.took_ms: dict[str, list[float]] = defaultdict(list)

    def do(self, method: str, role: str = "lender", step: str = "", **fields: Any) -> float:
        """Give a command; the milliseconds that it took, kept under its step."""
        self.calls += 1
        request = {"command_id": f"c-{self.calls:08}", **fields}
        begun = time.perf_counter()
        self.client.call(method, request, token=self.tokens[role])
        took = (time.perf_counter() - begun) * 1_000
        if step:
            self.took_ms[step].append(took)
        return took

    def on_sale(self, product_id: str, method: str, **terms: Any) -> None:
        """A product drafted or defined, and published."""
        about: dict[str, Any] = {"product_id": product_id, "version": 1}
        self.do(method, "product-maker", **about, **terms)
        self.do("PublishProduct", "product-checker", **about, effective_from=TODAY)

    def open_day(self) -> None:
        """The business date, an account product and a loan product that asks limit and cover."""
        self.do("OpenBusinessDate", "operator", date=TODAY)
        self.on_sale("current", "DraftProduct", terms=CURRENT)
        farm = json.dumps(definition(needs_limit=True, coverage_bp=10_000))
        self.on_sale("farm", "DefineProduct", product_kind="LOAN", definition_json=farm)

    def farmer(self, n: int) -> None:
        """A customer with account, limit, and land that is registered and valued."""
        who = {"customer_id": f"C-{n}"}
        self.do("RegisterCustomer", "teller", **who, kind="PERSON", name="王芳", branch_id="0755")
        known = {"document_type": "RESIDENT_ID", "document_number": f"44030119900101{n:04}"}
        self.do("IdentifyCustomer", "teller", **who, level="FACE_TO_FACE", **known, evidence_id="E")
        account = {"account_id": f"A-{n}", "product_id": "current", "branch_id": "0755"}
        self.do("OpenAccount", "teller", **who, **account)
        self.do(
            "OpenLimit", "risk-officer", limit_id=f"LIMIT-{n}", holder_kind="CUSTOMER",
            holder_id=f"C-{n}", limit_kind="REVOLVING", amount_minor=AMOUNT_MINOR, currency="CNY",
            valid_from=TODAY, valid_until=NEXT_YEAR,
        )  # fmt: skip

    def farm_loan(self, n: int) -> float:
        """One loan from the land to the repayment in full; milliseconds of all its calls."""
        item = f"FIELD-{n}"
        contract: dict[str, Any] = {"contract_id": f"K-{n}"}
        loan: dict[str, Any] = {"loan_id": f"L-{n}"}
        before = self.do(
            "RegisterCollateral", item_id=item, collateral_kind="LAND_MANAGEMENT_RIGHT",
            owner_id=f"C-{n}", currency="CNY", description="60 mu", evidence_digest=DIGEST,
            land_contract=LAND,
        ) + self.do(
            "ValueCollateral", "risk-officer", item_id=item, value_minor=20_000_000, source="s",
            valuation_method="RENT_OF_TIME_LEFT", confidence_bp=8_000, valid_until=NEXT_YEAR,
        )  # fmt: skip
        applied = self.do(
            "ApplyForLoan", step="application", **contract, customer_id=f"C-{n}",
            product_id="farm", amount_minor=AMOUNT_MINOR, currency="CNY", instalments=12,
            account_id=f"A-{n}", purpose="seed",
        )  # fmt: skip
        decided = self.do(
            "RecordCreditDecision", step="decision", **contract, outcome="APPROVED", rules="r.v1",
            input_digest=DIGEST, annual_rate_ppm=45_000,
        )  # fmt: skip
        signed: dict[str, Any] = {
            "document_digest": DIGEST,
            "signed_by": "王芳",
            "limit_id": f"LIMIT-{n}",
        }
        offered = self.do("OfferLoan", **contract)
        offered += self.do("SignContract", **contract, **signed)
        self.took_ms["contract"].append(offered)
        pledge: dict[str, Any] = {
            "item_id": item,
            "rank": 1,
            "registered_on": TODAY,
            "registration_number": "R",
        }
        before += self.do("PledgeCollateral", **contract, **pledge)
        amount: dict[str, Any] = {"amount_minor": AMOUNT_MINOR}
        drawn = self.do("DrawLoan", step="drawdown", **contract, **loan, **amount)
        paid = self.do("PayOffLoan", step="repayment", **loan, **amount)
        return before + applied + decided + offered + drawn + paid


def p99(values: list[float]) -> float:
    """The value that at most one in a hundred exceeds; the largest of fewer than a hundred."""
    return sorted(values)[-(len(values) // 100) - 1]


def rows(lender: Lender, loans: int) -> list[Row]:
    """The loans lent and repaid one after another, as figures."""
    lender.open_day()
    for n in range(loans):
        lender.farmer(n)
    whole = [lender.farm_loan(n) for n in range(loans)]
    found = {step: lender.took_ms[step] for step in STEPS}
    found["all five"] = [sum(each) for each in zip(*found.values(), strict=True)]
    found["with land and pledge"] = whole
    return [
        Row(
            what=f"{name}, p99 of {loans}", value=p99(took), unit="ms", over=p99(took), most=MOST_MS
        )
        for name, took in found.items()
    ]


def main() -> None:
    """Run on a throw-away embedded server."""
    loans = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        write_credentials(Path(folder))
        with EmbeddedServer(Path(folder) / "postgresql") as postgres:
            migrate(postgres.url, "bench")
            database = Database(postgres.url, "bench")
            with server(database, Path(folder)) as target, Client(target) as client:
                lender = Lender(client, read_tokens(Path(folder) / "tokens.json"))
                run = finished("farm-loan", postgres.url, rows(lender, loans))
            write(run)
            show(run)


if __name__ == "__main__":
    main()
