"""Every import contract of pyproject.toml is broken once, in a copy, and seen to be caught by its name."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LINT = Path(sys.executable).with_name("lint-imports")

VIOLATIONS = [
    pytest.param(
        "pipeline", "catalog/planted.py", "import observatory.planning", id="a stage imports a later one"
    ),
    pytest.param(
        "pipeline", "application/planted.py", "import observatory.entrypoints", id="inwards to the edge"
    ),
    pytest.param(
        "pipeline", "sandbox/planted.py", "import observatory.settings", id="sandbox reads settings"
    ),
    pytest.param("pipeline", "utils.py", "", id="a stray module at the top"),
    pytest.param("pure-core", "evaluation/planted.py", "import requests", id="the core does I/O"),
    pytest.param("pure-core", "application/planted.py", "import fastapi", id="the core knows a framework"),
    pytest.param("pandas-home", "application/planted.py", "import pandas", id="pandas elsewhere"),
    pytest.param(
        "grafanalib-home", "outputs/planted.py", "import grafanalib.core", id="grafanalib elsewhere"
    ),
    pytest.param("slack-home", "entrypoints/planted.py", "import slack_sdk", id="slack_sdk elsewhere"),
    pytest.param(
        "apscheduler-home",
        "adapters/planted.py",
        "import apscheduler.triggers.cron",
        id="APScheduler elsewhere",
    ),
    pytest.param(
        "wiring", "entrypoints/planted.py", "import observatory.adapters.clock", id="an adapter is named"
    ),
    pytest.param("adapters", "adapters/planted.py", "import observatory.adapters.clock", id="adapters meet"),
]


def lint(folder):
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    skipped = shutil.ignore_patterns("__pycache__", "static", "templates")
    shutil.copytree(ROOT / "observatory", tmp_path / "observatory", ignore=skipped)
    return tmp_path


def broken(output):
    """Names of the contracts that lint-imports calls broken."""
    return {line.removesuffix(" BROKEN") for line in output.splitlines() if line.endswith(" BROKEN")}


@pytest.mark.parametrize(("contract", "file", "line"), VIOLATIONS)
def test_a_planted_violation_is_caught_by_the_contract_that_forbids_it(copy, contract, file, line):
    (name,) = [one["name"] for one in CONTRACTS if one["id"] == contract]
    (copy / "observatory" / file).write_text(f'"""Planted."""\n{line}\n')

    run = lint(copy)

    assert run.returncode == 1, run.stdout + run.stderr
    assert name in broken(run.stdout)
    assert Path(file).stem in run.stdout


def test_the_package_as_it_is_keeps_every_contract(copy):
    run = lint(copy)

    assert run.returncode == 0, run.stdout + run.stderr
    assert broken(run.stdout) == set()
    assert f"{len(CONTRACTS)} kept, 0 broken" in run.stdout


def test_every_contract_is_broken_once():
    assert {violation.values[0] for violation in VIOLATIONS} == {one["id"] for one in CONTRACTS}
