"""Times that events leave out of the numbers, in the rules: what is counted in them counts as nothing.

The schedule itself is in the rules, so it holds while Observatory is down. It takes the counts away, and does not only
mute what comes of them: windows of hours still hold the errors of a maintenance when it is over, and would page then.
A rule cannot look back: a time that is declared when it is past is left out by Observatory alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from observatory.catalog import Catalog, Event, Journey, Service
from observatory.catalog.recurrence import in_utc
from observatory.outputs.rules.document import RecordingRule

ACTIVE = "service:exclusion:active"
"""1 in each minute that an event leaves out, by the service and the event; else not there."""
Excluded = Mapping[str, Sequence[Event]]
"""By SLO id: the events that leave times out of its numbers, by name."""

_MINUTE = 60
_WEEK = 7 * 86_400
_AHEAD = timedelta(days=366 * 21)
"""Further than any repetition is followed."""
_TOGETHER = 25
"""Runs in one expression: the trees of PromQL are deep rather than wide."""


@dataclass(frozen=True, slots=True, order=True)
class _Time:
    """When an event takes place once, Unix seconds."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class _Run:
    """Times that are equally far apart."""

    first: _Time
    step: int = 0
    """Seconds; 0: there is no second one."""
    more: int = 0

    @property
    def promql(self) -> str:
        """Selects the present minute if it ends after a beginning, and began before that end."""
        since, length = f"vector(time()) - {self.first.start}", self.first.length + _MINUTE
        if not self.more:
            return f"{since} > 0 < {length}"
        last = self.more * self.step + length
        return f"({since} < {last}) % {self.step} > 0 < {length}"

    def __str__(self) -> str:
        start, last = (
            f"{datetime.fromtimestamp(self.first.start + after, UTC):%-d %b %Y %H:%M}"
            for after in (0, self.more * self.step)
        )
        return f"{start} UTC" if not self.more else f"{start} to {last} UTC, {self.more + 1} times"


def excluded(catalog: Catalog) -> Excluded:
    """Which SLOs any time is left out of; the others are not in it, and their rules are as if there were no events."""
    found: dict[str, list[Event]] = {}
    for name in sorted(catalog.events):
        event = catalog.events[name]
        for entry in catalog.affected(event) if event.mode == "exclude" else ():
            found.setdefault(entry.id, []).append(event)
    return found


def exclusion_rules(owner: Service | Journey, out: Excluded) -> Sequence[RecordingRule]:
    """When each event that concerns a service or journey goes on."""
    events = {event.name: event for slo in owner.slos for event in out.get(f"{owner.name}/{slo.name}", ())}
    rules = []
    for name in sorted(events):
        labels = {"squad": owner.squad, "service": owner.name, "event": name}
        texts = under_way(events[name])
        parts = [{"part": str(number)} if len(texts) > 1 else {} for number in range(1, len(texts) + 1)]
        rules += [RecordingRule(ACTIVE, text, labels | part) for text, part in zip(texts, parts, strict=True)]
    return rules


def without(series: str, service: str, events: Iterable[Event]) -> str:
    """The same counts, none while an event goes on: those minutes are idle, whether or not anything was there."""
    names = [event.name for event in events]
    matcher = f'event="{names[0]}"' if len(names) == 1 else f'event=~"{"|".join(names)}"'
    active = f'{ACTIVE}{{service="{service}",{matcher}}}'
    return f"{series}\nunless on () {active}\nor on () 0 * max({active})"


def under_way(event: Event) -> Sequence[str]:
    """PromQL: 1 at the end of every minute that an event touches, nothing at any other time; one is true at a time.

    An RRULE is followed where it is known exactly, here, on the clock of its zone; Prometheus is given what comes of it:
    runs of times that are equally far apart, as those between two changes of the clocks are.
    """
    spans = event.schedule.spans(*_reach(event))
    times = [
        _Time(int(span.start.timestamp()), int((span.end - span.start).total_seconds())) for span in spans
    ]
    runs = min(_runs(times), _by_weekday(times), key=len)
    return [_union(runs[first : first + _TOGETHER]) for first in range(0, len(runs), _TOGETHER)]


def _union(runs: Sequence[_Run]) -> str:
    lines = [f"  {'or ' if number else ''}{run.promql}  # {run}" for number, run in enumerate(runs)]
    return "\n".join(["vector(1) and (", *lines, ")"])


def _reach(event: Event) -> tuple[datetime, datetime]:
    begin = in_utc(event.start, event.timezone)
    return begin, begin + _AHEAD


def _runs(times: Sequence[_Time]) -> list[_Run]:
    """As few as are found by taking each time that is as far from the last one as that was from the one before."""
    if not times:
        return []
    runs = [_Run(times[0])]
    for before, time in pairwise(times):
        run, step = runs[-1], time.start - before.start
        if time.length == before.length and run.step in (0, step):
            runs[-1] = _Run(run.first, step, run.more + 1)
        else:
            runs.append(_Run(time))
    return runs


def _by_weekday(times: Iterable[_Time]) -> list[_Run]:
    """The same for several days of a week: each of them by itself."""
    alike: dict[int, list[_Time]] = {}
    for time in times:
        alike.setdefault(time.start % _WEEK, []).append(time)
    return [run for group in alike.values() for run in _runs(group)]
