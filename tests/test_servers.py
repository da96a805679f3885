"""Observatory gives the same numbers on either server: every test that starts one is run on both, or says why not."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
STARTS = {"evaluating", "prometheus", "serving", "surroundings", "victoria_metrics"}
"""What starts a server, of tests/support."""
NAMES_BOTH = {"SERVERS", "VICTORIA_METRICS"}
DEMO = '"observatory", "demo"]'


def imported(text):
    """The names that a test takes from tests/support."""
    return {
        name.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("support.")
        for name in node.names
    }


def alone(text):
    """Whether it starts a server without naming both."""
    names = imported(text)
    return bool(names & STARTS or DEMO in text) and not names & NAMES_BOTH


def test_what_runs_on_one_server_alone_is_in_the_docs_with_its_reason():
    tests = {path: path.read_text() for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)}
    section = (
        (ROOT / "docs/conformance.md").read_text().partition("## On VictoriaMetrics")[2].partition("\n## ")[0]
    )
    excused = dict(re.findall(r"^\| `(tests/\S+)` \| (.+) \|$", section, flags=re.MULTILINE))

    found = {str(path.relative_to(ROOT)) for path, text in tests.items() if alone(text)}

    assert set(excused) == found
    assert sum("SERVERS" in imported(text) for text in tests.values()) > len(excused)
