"""The rules of the lint: each a small function under a name, with what it holds and how bad it is when it does not."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from observatory.outputs.findings.model import Finding, Level, Step

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Defect:
    """What a rule sees: the part of the file, and what is wrong with it."""

    message: str
    where: str = ""
    path: tuple[Step, ...] = ()
    fix: str = ""


Look = Callable[[Subject], Iterable[Defect]]


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """One thing that is looked for."""

    name: str
    level: Level
    holds: str
    """What is right, for the table in the documentation."""
    look: Look[Subject]


class Rules(Generic[Subject]):
    """The rules for one kind of subject, in the order in which they were written down."""

    def __init__(self) -> None:
        self._rules: list[Rule[Subject]] = []

    def __iter__(self) -> Iterator[Rule[Subject]]:
        return iter(self._rules)

    def error(self, name: str, holds: str) -> Callable[[Look[Subject]], Look[Subject]]:
        """Register a function; what it finds has to be mended."""
        return self._register(name, Level.ERROR, holds)

    def warning(self, name: str, holds: str) -> Callable[[Look[Subject]], Look[Subject]]:
        """Register a function; what it finds may stay."""
        return self._register(name, Level.WARNING, holds)

    def _register(self, name: str, level: Level, holds: str) -> Callable[[Look[Subject]], Look[Subject]]:
        def register(look: Look[Subject]) -> Look[Subject]:
            self._rules.append(Rule(name, level, holds, look))
            return look

        return register

    def findings(self, file: str, subject: Subject) -> Iterator[Finding]:
        """Everything that any rule sees."""
        for rule in self._rules:
            for defect in rule.look(subject):
                yield Finding(
                    rule.name, rule.level, file, defect.message, defect.where, defect.path, fix=defect.fix
                )
