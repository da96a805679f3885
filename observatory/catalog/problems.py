"""What is wrong with a catalog: each problem with its place, path, value, rule, example and nearest spelling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from observatory.catalog.written import Place
from observatory.errors import DefinitionError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `str()` of it is a few lines of text for people."""

    place: Place
    path: str
    """Where in the document, such as `slos[0].sli.events.bad`; empty for the document as a whole."""
    rule: str
    """What would be right, in a sentence."""
    value: str | None = None
    """What was written, shortened."""
    example: str | None = None
    nearest: str | None = None
    """The known word that is spelled most like the value."""
    severity: Severity = "error"

    def __str__(self) -> str:
        what = ": ".join(part for part in (self.path, self.value) if part)
        lines = [f"{self.place}: {self.severity}" + (f": {what}" if what else ""), f"    {self.rule}"]
        if self.nearest is not None:
            lines.append(f"    did you mean {self.nearest}?")
        elif self.example is not None:
            lines.append(f"    such as: {self.example}")
        return "\n".join(_printable(line) for line in lines)


def shortened(value: object, *, limit: int = 60) -> str:
    """A value as one short line of text."""
    text = str(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _printable(line: str) -> str:
    """Without characters that would move a terminal's cursor or colour it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def report(problems: Sequence[Problem]) -> str:
    """Every problem, then a line that counts them."""
    errors = sum(problem.severity == "error" for problem in problems)
    files = len({problem.place.file for problem in problems})
    counts = [_count(errors, "error"), _count(len(problems) - errors, "warning")]
    counted = " and ".join(count for count in counts if count)
    summary = f"{counted} in {_count(files, 'file')}" if counted else "no problems"
    return "\n".join([*map(str, problems), summary])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


class InvalidCatalog(DefinitionError):  # noqa: N818 - names the cause, as its base does
    """The catalog has errors; `problems` holds all of them, and its warnings."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(report(problems))
        self.problems = tuple(problems)
