"""The crash matrix in full: `PYTHONPATH=tests python benchmarks/crash_matrix.py [--every-case]`.

Prints a table for docs/reliability.md, and every case that is not as promised; exit code 1 when there is one.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from support.crash_matrix import TROUBLES, Verdict, cases, run
from support.crashing import Point

from observatory.sandbox.slack import running


def main(*, every_case: bool) -> int:
    began = perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(channels={"C0NONE0000": "none"}, pace=None) as slack,
    ):
        verdicts = [_progress(one) for one in run(cases(), slack, Path(folder))]
    reached = [one for one in verdicts if one.reached]
    bad = [one for one in verdicts if not one.good]
    print(table(reached))
    print(
        f"\n{len(reached)} cases, each killed once (kill -9) at its point, in {perf_counter() - began:.0f} s:"
        f" lost {sum(one.lost for one in reached)},"
        f" doubled without a label {sum(one.doubled for one in reached)},"
        f" possible duplicates, labelled {sum(one.labelled > 0 for one in reached)}"
        f" (history unreadable in {sum(one.case.trouble.labelled for one in reached)})."
    )
    for one in verdicts if every_case else bad:
        print(f"{'ok ' if one.good else 'BAD'} {one.case}: seen {one.seen}, labelled {one.labelled}")
    return 1 if bad else 0


def _progress(verdict: Verdict) -> Verdict:
    print("." if verdict.good else "x", end="", file=sys.stderr, flush=True)
    return verdict


def table(verdicts: Sequence[Verdict]) -> str:
    """Markdown: a fault a row, a point a column; a cell counts its cases, and what went wrong in them."""
    lines = [
        "| Slack's answer | " + " | ".join(Point) + " |",
        "| --- |" + " --- |" * len(Point),
    ]
    for trouble in TROUBLES:
        row = [
            cell([one for one in verdicts if one.case.trouble is trouble and one.case.point is at])
            for at in Point
        ]
        lines.append(f"| {trouble.name} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def cell(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return ""
    counts = Counter(lost=0)
    for one in verdicts:
        counts.update(lost=one.lost, doubled=one.doubled, labelled=one.labelled > 0)
    notes = [f"{count} {word}" for word, count in counts.items() if count]
    return f"{len(verdicts)} ✓" if not notes else f"{len(verdicts)}: {', '.join(notes)}"


if __name__ == "__main__":
    sys.exit(main(every_case="--every-case" in sys.argv[1:]))
