"""What every check of every cell came to, as a table and as a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

MARKS = {True: "ok", False: "FAIL", None: "–"}


@dataclass(frozen=True)
class Result:
    """`ok` is None where the check cannot be expressed; `detail` then says why."""

    client: str
    server: str
    check: str
    ok: bool | None
    detail: str
    ms: int


def print_table(results: list[Result]) -> None:
    """One row per cell and server, one column per check."""
    checks = list(dict.fromkeys(result.check for result in results))
    rows = list(dict.fromkeys((result.client, result.server) for result in results))
    found = {(result.client, result.server, result.check): result for result in results}
    width = max(len(f"{client}  {server}") for client, server in rows) + 2
    for index, check in enumerate(checks):
        print(" " * width + "   ".join("|" for _ in range(index)) + ("   " if index else "") + check)
    for client, server in rows:
        cells = [found.get((client, server, check)) for check in checks]
        marks = ["   " if cell is None else f"{MARKS[cell.ok][:2]:<2} " for cell in cells]
        print(f"{client}  {server}".ljust(width) + " ".join(marks))


def print_reasons(results: list[Result]) -> None:
    reasons: dict[str, int] = {}
    for result in results:
        if result.ok is None:
            text = f"{result.check}: {result.detail}"
            reasons[text] = reasons.get(text, 0) + 1
    if reasons:
        print("\nNot expressible (–):")
    for text, count in sorted(reasons.items()):
        print(f"  {count:3} × {text}")
    failures = [result for result in results if result.ok is False]
    if failures:
        print("\nFailed:")
    alike: dict[tuple[str, str, str], list[str]] = {}
    for result in failures:
        alike.setdefault((result.client, result.server, result.detail), []).append(result.check)
    for (client, server, detail), checks in alike.items():
        print(f"  {client} × {server}, {' '.join(checks)}: {detail}")


def summarize(results: list[Result], file: Path) -> int:
    """Prints everything, writes `file`, returns the exit code."""
    file.write_text("\n".join(json.dumps(asdict(result), ensure_ascii=False) for result in results) + "\n")
    print_table(results)
    print_reasons(results)
    passed, failed, skipped = (sum(result.ok is value for result in results) for value in (True, False, None))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0
