"""Generated dashboards as TypeScript, checked by `tsc` against the types that Grafana publishes."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1] / "grafana_schema"
INSTALLED = Path(__file__).parents[2] / ".cache" / "grafana_schema" / "node_modules"
"""Where scripts/test puts what package-lock.json names."""
VERSIONS = ("schema-12", "schema-13")

_TYPES = {
    "stat": "StatPanel",
    "timeseries": "TimeSeriesPanel",
    "state-timeline": "StateTimelinePanel",
    "table": "TablePanel",
    "text": "TextPanel",
    "row": "RowPanel",
}
_ERROR = re.compile(r"^(?P<file>\w+)\.ts\((?P<line>\d+),\d+\): error (?P<code>TS\d+): (?P<message>.*)$")


def type_errors(folder: Path, dashboards: Mapping[str, dict[str, Any]], *, version: str) -> list[str]:
    """What tsc finds wrong, as `<dashboard>: <panel's title>: <message>`.

    Args:
        folder: an empty one, for the sources.
        dashboards: parsed, by a name that tells them apart.
        version: one of VERSIONS.
    """
    assert INSTALLED.is_dir(), "node_modules are missing: scripts/test installs them (it needs node and npm)"
    folder.mkdir(parents=True)
    lines = {}
    for number, (name, dashboard) in enumerate(dashboards.items()):
        stem = f"dashboard{number}"
        text, titles = _source(dashboard)
        (folder / f"{stem}.ts").write_text(text)
        lines[stem] = (name, titles)
    (folder / "dashboard.ts").write_text((HERE / "dashboard.ts").read_text())
    (folder / "tsconfig.json").write_text(json.dumps(_config(INSTALLED / version)))
    done = subprocess.run(
        ["node", INSTALLED / "typescript/bin/tsc", "--pretty", "false", "--project", folder],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    errors = [_error(line, lines) for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert (done.returncode == 0) == (not errors), done.stdout + done.stderr
    return errors


def _source(dashboard: dict[str, Any]) -> tuple[str, list[str]]:
    """A literal a line, each with the type of its kind of panel; and what each line is about."""
    frame = {key: value for key, value in dashboard.items() if key != "panels"}
    panels = dashboard["panels"]
    kinds = sorted({_TYPES[panel["type"]] for panel in panels} | {"Frame"})
    lines = [f'import type {{ {", ".join(kinds)} }} from "./dashboard";']
    lines.append(f"export const frame: Frame = {json.dumps(frame)};")
    lines += [
        f"export const panel{number}: {_TYPES[panel['type']]} = {json.dumps(panel)};"
        for number, panel in enumerate(panels)
    ]
    return "\n".join(lines) + "\n", ["imports", "frame", *(panel["title"] for panel in panels)]


def _error(line: str, lines: Mapping[str, tuple[str, list[str]]]) -> str:
    match = _ERROR.match(line)
    if match is None or match["file"] not in lines:
        return line
    name, titles = lines[match["file"]]
    return f"{name}: {titles[int(match['line']) - 1]}: {match['message']}"


def _config(schema: Path) -> dict[str, Any]:
    """`@grafana/schema`, which its own files import too, is the version under test."""
    return {
        "compilerOptions": {
            "strict": True,
            "noEmit": True,
            "skipLibCheck": True,
            "module": "esnext",
            "target": "es2022",
            "moduleResolution": "bundler",
            "types": [],
            "paths": {
                "@grafana/schema": [str(schema)],
                "@grafana/schema/*": [str(schema / "*")],
            },
        },
        "include": ["*.ts"],
    }
