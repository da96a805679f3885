"""A report as a page of sentences, tables and a picture: written once, told as Markdown and as HTML that stands alone."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: frozenset[str] = frozenset()
    """Heads of the columns that are figures."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a report says, from top to bottom."""

    title: str
    verdict: str
    tone: str
    """`ok`, `warn`, `fail`, `unknown`; what the verdict looks like."""
    lead: Sequence[str]
    tables: Sequence[Table]
    chart: str = ""
    """An SVG; left out of Markdown."""
    caption: str = ""
    """What it shows."""


def markdown(page: Page) -> str:
    """As GitHub shows it."""
    lines = [f"# {page.title}", "", f"**{page.verdict}**", ""]
    for sentence in page.lead:
        lines += [sentence, ""]
    for table in page.tables:
        rule = ["---:" if head in table.figures else "---" for head in table.heads]
        lines += [f"## {table.title}", "", _cells(table.heads), _cells(rule), *map(_cells, table.rows), ""]
    return "\n".join(lines)


def html(page: Page) -> str:
    """A file that needs nothing else."""
    head = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    )
    parts = [
        f"{head}<title>{escape(page.title)}</title><style>{STYLE}</style>",
        f"<h1>{escape(page.title)}</h1>",
        f"<p class='verdict {page.tone}'>{escape(page.verdict)}</p>",
        *(f"<p>{escape(sentence)}</p>" for sentence in page.lead),
        *_picture(page),
    ]
    for table in page.tables:
        parts += [
            f"<h2>{escape(table.title)}</h2>",
            "<div class=wide><table>",
            *_rows(table),
            "</table></div>",
        ]
    return "\n".join([*parts, "</html>", ""])


def _picture(page: Page) -> Iterator[str]:
    if page.chart:
        source = base64.b64encode(page.chart.encode()).decode()
        picture = f"<img alt='{escape(page.caption, quote=True)}' src='data:image/svg+xml;base64,{source}'>"
        yield f"<figure>{picture}<figcaption>{escape(page.caption)}</figcaption></figure>"


def _rows(table: Table) -> Iterator[str]:
    kinds = [" class=figure" if head in table.figures else "" for head in table.heads]
    heads = (
        f"<th scope=col{kind}>{escape(head)}</th>" for head, kind in zip(table.heads, kinds, strict=True)
    )
    yield f"<tr>{''.join(heads)}</tr>"
    for row in table.rows:
        cells = (f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        yield f"<tr>{''.join(cells)}</tr>"


def _cells(cells: Sequence[str]) -> str:
    """A row of a table; a bar in a cell would end it."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


STYLE = """
:root{color-scheme:light dark;--line:#d5dae1;--soft:#5b6573;--ok:#15803d;--warn:#b45309;--fail:#b91c1c;--unknown:#475569}
@media(prefers-color-scheme:dark){:root{--line:#37404c;--soft:#9aa4b2;--ok:#4ade80;--warn:#fbbf24;--fail:#ff8a80;--unknown:#9aa4b2}}
body{font:16px/1.5 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem}
h1{margin:0 0 .5rem;line-height:1.2}h2{margin:2rem 0 .5rem;font-size:1.2rem}p{margin:.3rem 0;color:var(--soft)}
.verdict{font-weight:600;border-left:.3rem solid;padding:.5rem .8rem;margin:1rem 0}
.ok{color:var(--ok)}.warn{color:var(--warn)}.fail{color:var(--fail)}.unknown{color:var(--unknown)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .7rem;border-bottom:1px solid var(--line);vertical-align:top}
td:not(:last-child){white-space:nowrap}th{color:var(--soft);font-size:.85rem;font-weight:600}
td.figure,th.figure{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
figure{margin:1.5rem 0 0}img{max-width:100%;height:auto;border-radius:.4rem}figcaption{color:var(--soft);font-size:.85rem}
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""The Content-Security-Policy of such a page: its own style, its own picture, and nothing else."""
