"""What a check finds: one type, whoever found it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from observatory.catalog import Problem


class Level(StrEnum):
    """Whether it has to be mended before a change lands."""

    ERROR = "error"
    WARNING = "warning"


Step = str | int
"""A key or an index on the way to a part of a document."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend."""

    rule: str
    """The rule's name, by which it may be allowed."""
    level: Level
    file: str
    message: str
    where: str = ""
    """The part of the file in people's words: panel "Burn rate", query A."""
    path: tuple[Step, ...] = ()
    """The part of the file as keys and indexes."""
    line: int = 0
    """From 1; 0 while it is not known."""
    fix: str = ""
    """What would be right, or an example of it."""
    allowed: str | None = None
    """The reason why it may stay as it is, when somebody gave one that has not expired."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        lines = [f"{place}: {self.level}: {self.said} [{self.rule}]"]
        return "\n".join([*lines, *(f"    {line}" for line in self.fix.split("\n") if line)])

    @property
    def said(self) -> str:
        """The message, after the part of the file that it is about."""
        return f"{self.where}: {self.message}" if self.where else self.message


def from_problem(problem: Problem) -> Finding:
    """A problem of the catalog as a finding."""
    advice = f"did you mean {problem.nearest}?" if problem.nearest else ""
    if not advice and problem.example:
        advice = f"such as: {problem.example}"
    return Finding(
        rule="catalog",
        level=Level(problem.severity),
        file=problem.place.file,
        message=problem.rule,
        where=": ".join(part for part in (problem.path, problem.value) if part),
        line=problem.place.line,
        fix=advice,
    )


def in_force(findings: Iterable[Finding]) -> list[Finding]:
    """Those that nobody allowed."""
    return [finding for finding in findings if finding.allowed is None]


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By file, line, part and rule, each once."""
    return sorted(
        dict.fromkeys(findings),
        key=lambda f: (f.file, f.line, [str(step) for step in f.path], f.rule, f.said),
    )
