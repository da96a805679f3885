"""`observatory check` over a large organisation: 1 000 services, made of the example catalog's again and again.

    .venv/bin/python benchmarks/check.py          # 1 000 services
    .venv/bin/python benchmarks/check.py 120      # another number

Writes the catalog and everything that is generated from it into a temporary folder, then runs the command there as CI
does, three times. Says the wall time of each run, and the processor time that it and its processes took.
"""

import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

CATALOG = Path(__file__).parent.parent / "catalog"
SERVICES, ROUNDS = 1_000, 3
SQUADS_COPIED = 5
_COPIED = re.compile(r"(?m)^kind: (Service|Squad)$")
_OF_SERVICES = re.compile(r"(?m)^(name: )([\w-]+)|(job: )([\w-]+)|(depends_on: \[)([\w, -]+)")
_OF_SQUADS = re.compile(r"(?m)^(squad: )([\w-]+)|(to: )(platform)")


def copied(text: str, number: int, names: re.Pattern[str]) -> str:
    """A definition with these names numbered."""

    def renamed(found: re.Match[str]) -> str:
        head, listed = (part for part in found.groups() if part is not None)
        return head + ", ".join(f"{name.strip()}-{number}" for name in listed.split(","))

    return names.sub(renamed, text)


def write_catalog(folder: Path, services: int) -> None:
    """Every service again and again, every squad five times: a squad has tens of services. No events and journeys."""
    files = [path for path in sorted(CATALOG.rglob("*.yml")) if _COPIED.search(path.read_text())]
    each = sum(path.name != "squad.yml" for path in files)
    for number in range(-(-services // each)):
        for path in files:
            of_squad = path.name == "squad.yml"
            if of_squad and number >= SQUADS_COPIED:
                continue
            squad = number % SQUADS_COPIED
            text = copied(copied(path.read_text(), squad, _OF_SQUADS), number, _OF_SERVICES)
            target = folder / f"{path.parent.name}-{squad}" / f"{path.stem}-{number}.yml"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)


def observatory(command: str, folder: Path) -> tuple[str, float, float]:
    """What it said last, seconds of wall time, seconds of processor time."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "observatory", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    wall, after = perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(
            f"observatory {command} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}"
        )
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout.strip().rpartition("\n")[2], wall, spent


def main() -> None:
    services = int(sys.argv[1]) if len(sys.argv) > 1 else SERVICES
    with tempfile.TemporaryDirectory(prefix="observatory-check-") as name:
        folder = Path(name)
        write_catalog(folder / "catalog", services)
        _, wall, spent = observatory("generate", folder)
        files = [path for part in ("dashboards", "alert_rules") for path in (folder / part).rglob("*.*")]
        size = sum(path.stat().st_size for path in files) / 1e6
        print(f"{len(files)} files, {size:.0f} MB; generate: {wall:.1f} s, {spent:.1f} s of processor time")
        for _ in range(ROUNDS):
            said, wall, spent = observatory("check", folder)
            print(f"check: {wall:.1f} s, {spent:.1f} s of processor time: {said}")


if __name__ == "__main__":
    main()
