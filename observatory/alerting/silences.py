"""Silences: which incidents keep quiet, on whose word, why, and until when."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Protocol, Self

import re2

from observatory.errors import DefinitionError
from observatory.evaluation import Severity

LONGEST = timedelta(days=7)
"""Nobody remembers a longer one; whoever means it says so twice."""
_WORDS, _MATCHERS = 500, 20
_WRITTEN = re.compile(r"\s*(\w+)\s*(=~|!=|!~|=)\s*(.*?)\s*", re.DOTALL)
_EXAMPLE = "write service=playlist or slo=~'playlist/.*'"


class Silenceable(Protocol):
    """What matchers look at: an incident."""

    @property
    def squad(self) -> str:
        """Its owner when it opened."""

    @property
    def service(self) -> str:
        """The service that promises the SLO."""

    @property
    def slo(self) -> str:
        """`service/slo`."""

    @property
    def severity(self) -> Severity:
        """Page or ticket."""


class Subject(StrEnum):
    """What a matcher may ask of an incident."""

    SQUAD = "squad"
    SERVICE = "service"
    SLO = "slo"
    SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Matcher:
    """`service=playlist`, or `slo=~"playlist/.*"`: RE2, and the whole of the value, as in Prometheus."""

    subject: Subject
    value: str
    is_regex: bool = False

    @classmethod
    def read(cls, text: str) -> Self:
        """A matcher as people write it.

        Raises:
            DefinitionError: it is written otherwise.
        """
        found = _WRITTEN.fullmatch(text[: 2 * _WORDS])
        if found is None or found[2] not in ("=", "=~"):
            raise DefinitionError(f"matcher {text[:_WORDS]!r} is not understood; {_EXAMPLE}")
        subject, operator, value = found.groups()
        if subject not in set(Subject):
            raise DefinitionError(
                f"matcher {text[:_WORDS]!r}: there is no {subject}; one matches {', '.join(Subject)}"
            )
        if len(value) > 1 and value[0] in "\"'" and value[0] == value[-1]:
            value = value[1:-1]
        return cls(Subject(subject), value, is_regex=operator == "=~")

    def problem(self) -> str | None:
        """What is wrong with it, in a sentence."""
        if len(self.value) > _WORDS:
            return f"a matcher's value has at most {_WORDS} characters"
        if not self.is_regex:
            return None if self.value else f"matcher {self}: it matches nothing; {_EXAMPLE}"
        try:
            _compiled(self.value)
        except re2.error as error:
            why = error.args[0]  # of RE2 itself: bytes
            return f"matcher {self} is no regular expression (RE2): {why.decode(errors='replace')}"
        return None

    def matches(self, subject: Silenceable) -> bool:
        """Whether the incident is one of those."""
        return self.accepts(str(getattr(subject, self.subject)))

    def accepts(self, value: str) -> bool:
        """Whether the value is one of those."""
        if not self.is_regex:
            return value == self.value
        return _compiled(self.value).fullmatch(value) is not None

    def __str__(self) -> str:
        return f"{self.subject}{'=~' if self.is_regex else '='}{self.value}"


@dataclass(frozen=True, slots=True)
class Silence:
    """Incidents that all matchers match are quiet from `starts_at` until `ends_at`."""

    id: str
    matchers: tuple[Matcher, ...]
    owner: str
    """Who answers for it: a squad or a person."""
    reason: str
    starts_at: datetime
    ends_at: datetime
    created_by: str

    def is_active(self, now: datetime) -> bool:
        """It has begun and has not ended."""
        return self.starts_at <= now < self.ends_at

    def matches(self, subject: Silenceable) -> bool:
        """All its matchers match."""
        return all(matcher.matches(subject) for matcher in self.matchers)

    def problems(self, *, now: datetime, confirmed: bool) -> list[str]:
        """Everything that is wrong with it, a sentence each; `confirmed` is what lets it last longer than 7 days."""
        found = [problem for matcher in self.matchers if (problem := matcher.problem())]
        if not self.matchers or len(self.matchers) > _MATCHERS:
            found.append(f"a silence has between 1 and {_MATCHERS} matchers; {_EXAMPLE}")
        elif not found and all(matcher.accepts("") for matcher in self.matchers):
            found.append(f"matchers that match everything would silence everyone; {_EXAMPLE}")
        for name, text in (("owner", self.owner), ("reason", self.reason), ("created_by", self.created_by)):
            if not text.strip() or len(text) > _WORDS:
                found.append(f"{name} has between 1 and {_WORDS} characters")
        return found + self._problems_of_time(now, confirmed=confirmed)

    def _problems_of_time(self, now: datetime, *, confirmed: bool) -> list[str]:
        if self.ends_at <= self.starts_at:
            return ["it ends before it begins"]
        if self.ends_at <= now:
            return ["it has ended already"]
        if self.ends_at - self.starts_at > LONGEST and not confirmed:
            return [f"it lasts longer than {LONGEST.days} days; confirm that you mean it, or end it earlier"]
        return []


def covering(silences: Iterable[Silence], subject: Silenceable, *, now: datetime) -> Silence | None:
    """The silence that keeps the incident quiet now: of several, the one that ends last."""
    active = [silence for silence in silences if silence.is_active(now) and silence.matches(subject)]
    return max(active, key=lambda silence: (silence.ends_at, silence.id), default=None)


@cache
def _quietly() -> Any:  # re2 has no types
    options = re2.Options()
    options.log_errors = False
    return options


def _compiled(pattern: str) -> Any:  # re2 has no types
    return re2.compile(pattern, _quietly())  # which keeps the last ones
