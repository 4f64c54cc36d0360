"""``python -m tests.conformance``: run every group and write the table."""

from __future__ import annotations

import sys

from tests.conformance.groups import run
from tests.conformance.registry import GROUPS
from tests.conformance.table import DOCUMENT, document


def main() -> int:
    """Write the table; 1 if a case disagrees without an explanation."""
    results = [run(group) for group in GROUPS]
    DOCUMENT.write_text(document(results), encoding="utf-8")
    for result in results:
        print(result.row())
        for case in result.failed[:5]:
            print(f"    {case.name}: expected {case.expected}, found {case.actual}")
    print(f"written: {DOCUMENT}")
    return 0 if all(result.complete for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
