"""The timeline of a backtest as a page that stands alone: it needs no network, fits any width, and follows the reader's colours."""

import json
from html import escape
from string import Template
from typing import Any

import vl_convert

from observatory.outputs.backtest.chart import DARK, LIGHT, TICKS, TITLE, specification, subtitle
from observatory.outputs.backtest.model import Backtested

_ROOM = 146
"""Pixels beside a chart: its labels, and the padding around it."""
_A_TICK = 75
"""Pixels that a date takes below a chart."""
_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; font: 15px/1.45 "Liberation Sans", Arial, Helvetica, sans-serif; color: ${light_text}; background: ${light_paper}; }
main { max-width: 1240px; margin: 0 auto; padding: 20px 16px 40px; }
h1 { font-size: 1.4em; margin: 0 0 .3em; }
p { margin: 0; color: ${light_quiet}; }
#timeline { margin-top: 14px; overflow-x: auto; }
@media (prefers-color-scheme: dark) {
  body { color: ${dark_text}; background: ${dark_paper}; }
  p { color: ${dark_quiet}; }
}
</style>
<script>$library</script>
</head>
<body>
<main>
<h1>$title</h1>
$lines
<div id="timeline"><div id="chart"></div></div>
</main>
<script>
const datasets = $datasets;
const specs = $specs;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const place = document.getElementById("timeline");
function fitted(node, width) {
  if (Array.isArray(node)) return node.map((part) => fitted(part, width));
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => {
    if (key === "width" && typeof value === "number") return [key, width];
    if (key === "tickCount" && value === $ticks) return [key, Math.max(2, Math.round(width / $a_tick))];
    return [key, fitted(value, width)];
  }));
}
let drawn = "";
function draw() {
  const scheme = dark.matches ? "dark" : "light", width = Math.max(180, place.clientWidth - $room);
  if (drawn === scheme + width) return;
  drawn = scheme + width;
  const spec = { ...fitted(specs[scheme], width), datasets };
  vegaEmbed("#chart", spec, { actions: false, renderer: "svg", tooltip: { theme: scheme } }).catch(console.error);
}
dark.addEventListener("change", draw);
window.addEventListener("resize", draw);
draw();
</script>
</body>
</html>
""")


def timeline_html(result: Backtested) -> str:
    """The page; what the pointer is over is explained."""
    rows: dict[str, str] = {}
    specs = {
        name: _lifted(specification(result, ink=ink), rows)
        for name, ink in (("light", LIGHT), ("dark", DARK))
    }
    inks = {
        f"{name}_{part}": getattr(ink, part)
        for name, ink in (("light", LIGHT), ("dark", DARK))
        for part in ("text", "paper", "quiet")
    }
    return _PAGE.substitute(
        title=escape(TITLE),
        lines="\n".join(f"<p>{escape(line)}</p>" for line in subtitle(result)),
        library=vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"),
        datasets=f"{{{', '.join(f'{_script(name)}: {of}' for of, name in rows.items())}}}",
        specs=_script(specs),
        ticks=TICKS,
        a_tick=_A_TICK,
        room=_ROOM,
        **inks,
    )


def _lifted(node: Any, names: dict[str, str]) -> Any:  # Any: Vega-Lite's JSON
    """The same specification, its rows under names: both schemes share them.

    Args:
        node: a part of it.
        names: of the rows that were met before, by the rows as JSON; new ones are added.
    """
    if isinstance(node, list):
        return [_lifted(part, names) for part in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("values"), list) and len(node) == 1:
        return {"name": names.setdefault(_script(node["values"]), f"rows-{len(names)}")}
    return {key: _lifted(value, names) for key, value in node.items()}


def _script(value: Any) -> str:  # Any: whatever JSON takes
    """JSON that ends no script element, whatever is in it."""
    return json.dumps(value).replace("<", "\\u003c")
