"""promtool on generated rules: written down, checked, unit-tested."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write files below a folder and give their paths."""
    paths = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths.append(path)
    return paths


def promtool(*arguments: str | Path) -> str:
    """What promtool says, after its exit status, as in `0: SUCCESS`."""
    done = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=200
    )
    return f"{done.returncode}: {done.stdout}{done.stderr}"


def unit_test(folder: Path, text: str, *, groups: Sequence[str], interval: str = "1m") -> str:
    """Run promtool's unit tests `text` (the items of `tests:`) on every rule file in the folder.

    promtool evaluates every group at `interval`, whatever the group's own: 1m is right for counts and pages, 5m for
    budgets and tickets.
    """
    rules = sorted(path for path in folder.rglob("*.yml") if "tests" not in path.parts)
    head = ["rule_files:", *(f"  - {path}" for path in rules), f"evaluation_interval: {interval}"]
    head.append(f"group_eval_order: [{', '.join(groups)}]")
    file = folder / "proof.yaml"
    file.write_text("\n".join([*head, "tests:", text]))
    return promtool("test", "rules", file)
