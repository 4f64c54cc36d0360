"""Roles of a day: who may do what at the counter, in the back office and over channels."""

from __future__ import annotations

import json
import os
from pathlib import Path

from adapters.rpc.security import Credentials, issue

READS = ("*.get_*", "ledger.list_journals", "operation.command_outcome")
ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "operator": (
        "BATCH",
        (
            "operation.*",
            "close.*",
            "ledger.*",
            "payment.run_standing_order",
            "account.take_dormancy_step",
            "account.charge_account_fee",
            "deposit.settle_interest",
            "deposit.mature_deposit",
            "deposit.rollover_term_deposit",
            "loan.collect_instalment",
            "loan.reprice_loan",
            *READS,
        ),
    ),
    "product-maker": (
        "COUNTER",
        ("product.draft_product", "product.define_product", *READS),
    ),
    "lender": (
        "COUNTER",
        (
            "grading.*",
            "loan.*",
            "collateral.register_collateral",
            "collateral.record_*",
            "collateral.set_prior_claim",
            "collateral.pledge_collateral",
            "collateral.*_pledge",
            "collateral.*_margin_call",
            "collateral.liquidate_collateral",
            *READS,
        ),
    ),
    "risk-officer": (
        "COUNTER",
        (
            "limit.*",
            "collateral.value_collateral",
            "collateral.revalue_collateral",
            "collateral.publish_price_index",
            *READS,
        ),
    ),
    "rate-setter": ("COUNTER", ("deposit.publish_deposit_rate", *READS)),
    "treasurer": ("COUNTER", ("rate.*", *READS)),
    "product-checker": ("COUNTER", ("product.publish_product", "product.withdraw_product", *READS)),
    "teller": (
        "COUNTER",
        (
            "customer.*",
            "account.*",
            "payment.*",
            "deposit.open_*",
            "deposit.withdraw_*",
            "deposit.*_notice",
            "deposit.set_agreement",
            "deposit.settle_interest",
            *READS,
        ),
    ),
    "channel": (
        "MOBILE",
        (
            "payment.*",
            "customer.register_customer",
            "account.open_account",
            "account.*_hold",
            "deposit.open_*",
            "deposit.withdraw_*",
            "deposit.*_notice",
            *READS,
        ),
    ),
    "analyst": ("COUNTER", ("report.*", *READS)),
    "grader": ("COUNTER", ("grading.*", *READS)),
    "auditor": ("COUNTER", ("audit.*", "report.*", "ledger.explain_figure", *READS)),
}


def write_credentials(folder: Path) -> tuple[Path, Path]:
    """Make one principal per role: the server's file of hashes, and the clients' file of tokens.

    Both are readable by their owner only. The tokens are nowhere else.
    """
    issued = {name: issue(name, channel, may) for name, (channel, may) in ROLES.items()}
    credentials = Credentials(principals=tuple(principal for principal, _ in issued.values()))
    files = folder / "credentials.json", folder / "tokens.json"
    tokens = json.dumps({name: token for name, (_, token) in issued.items()}, indent=1)
    for file, content in zip(files, (credentials.model_dump_json(indent=1), tokens), strict=True):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(content)
    return files


def read_tokens(file: Path | None) -> dict[str, str]:
    """Tokens by role; empty without a file (a server in development mode asks for none)."""
    return {} if file is None else dict(json.loads(file.read_text()))
