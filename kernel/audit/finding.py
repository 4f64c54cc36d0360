"""What an audit says: checks made, and findings with their place and both figures."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One difference: which check, where, and what was found against what was expected."""

    check: str
    where: str
    found: str
    expected: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check made: how many things it looked at, and what it found wrong (at most 20 shown)."""

    name: str
    looked_at: int
    findings: tuple[Finding, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The whole audit: its checks, the log position it covers, and the digests of log and state."""

    position: int
    checks: tuple[Check, ...]
    log_digest: str
    state_digest: str

    @property
    def is_clean(self) -> bool:
        """Whether no check found a difference."""
        return not any(check.findings for check in self.checks)


FINDINGS_SHOWN = 20
