"""Times and spans of the past as they are written on the command line, and how far a look at them has come."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from observatory.application.past import Span
from observatory.catalog.notation import read_duration
from observatory.catalog.written import BadValue
from observatory.errors import DefinitionError


def parse_time(text: str, *, option: str = "--at") -> datetime:
    """An ISO 8601 time (UTC where it names no offset) or Unix seconds.

    Raises:
        DefinitionError: it is neither.
    """
    try:
        moment = (
            datetime.fromtimestamp(float(text), UTC)
            if text.replace(".", "", 1).isdigit()
            else datetime.fromisoformat(text)
        )
    except (ValueError, OverflowError, OSError):
        raise DefinitionError(
            f"{option} {text!r} is no time; write it like 2026-03-01T12:00:00Z or as Unix seconds"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def span_until(length: str, until: str | None, *, newest: datetime) -> Span:
    """`30d` up to a time, or up to the newest that is known.

    Raises:
        DefinitionError: one of them can't be read, or the span is shorter than an hour.
    """
    end = newest if until is None else parse_time(until, option="--until")
    return Span.ending(end, length=_length(length))


def _length(text: str) -> timedelta:
    try:
        length = read_duration(text, example="30d")
    except BadValue as error:
        raise DefinitionError(f"--length {text!r}: {error}") from None
    if not isinstance(length, timedelta):
        raise DefinitionError(f"--length {text!r} is no duration; write it like 30d")
    return length


@contextmanager
def progress(what: str) -> Iterator[Callable[[float], object]]:
    """A bar on a person's terminal; what it gives is told the share that is done."""
    if not sys.stderr.isatty():
        yield id
        return
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda done: bar.update(task, completed=done)
