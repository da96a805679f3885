"""What is left out of the numbers is written into the audit log as soon as a catalog that says so is in force."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from observatory.application.audit import Actor, AuditEntry, Deed, Way
from observatory.application.ports import AlertStore
from observatory.catalog import Catalog, Event
from observatory.catalog.durations import duration_text

_DEEDS = (Deed.EXCLUSION_DECLARED, Deed.EXCLUSION_WITHDRAWN)
_LOOKED_THROUGH = 10_000
"""Audit entries; what was declared before these is declared once more."""

Author = Callable[[str, int | None], str | None]
"""Who wrote a file, or the document that begins at a line of it; None where nobody knows."""


def _nobody_knows(_file: str, _line: int | None) -> str | None:
    return None


@dataclass(slots=True)
class AuditExclusions:
    """Call it with the catalog in force; the same one twice writes nothing."""

    alerts: AlertStore
    author: Author = _nobody_knows
    _catalog: Catalog | None = field(default=None, init=False)

    def __call__(self, catalog: Catalog, *, now: datetime) -> None:
        """Write what is new, what is another, and what is gone; and by whom, where the files' history is at hand.

        Raises:
            Unavailable: the store can't be reached; then it is tried again.
        """
        if catalog is self._catalog:
            return
        entries = list(self._changes(catalog, now=now))
        if entries:
            self.alerts.record((), (), audit=entries)
        self._catalog = catalog

    def _changes(self, catalog: Catalog, *, now: datetime) -> Iterator[AuditEntry]:
        declared = {
            event.name: (event, _words(event)) for event in catalog.events.values() if event.mode == "exclude"
        }
        known = self._known()
        for name, (event, words) in declared.items():
            if name not in known or known[name].detail != words:
                actor = self._actor(event.place.file, event.place.line)
                yield AuditEntry(now, actor, Deed.EXCLUSION_DECLARED, _subject(name), words)
        for name in sorted(known.keys() - declared.keys()):
            actor = self._actor(_file(known[name].actor), None)
            yield AuditEntry(now, actor, Deed.EXCLUSION_WITHDRAWN, _subject(name))

    def _actor(self, file: str, line: int | None) -> Actor:
        """`Anna (catalog/search/move.yml)`; the file alone where nobody knows."""
        author = self.author(file, line)
        return Actor(f"{author} ({file})" if author else file, Way.CATALOG)

    def _known(self) -> Mapping[str, AuditEntry]:
        """By event: its newest declaration, unless it was withdrawn since."""
        newest: dict[str, AuditEntry] = {}
        for entry in self.alerts.audit(limit=_LOOKED_THROUGH):
            if entry.deed in _DEEDS:
                newest.setdefault(entry.subject.removeprefix("event/"), entry)
        return {name: entry for name, entry in newest.items() if entry.deed is Deed.EXCLUSION_DECLARED}


def _file(actor: Actor) -> str:
    """Where it was declared."""
    return actor.name.rpartition(" (")[2].removesuffix(")")


def _subject(name: str) -> str:
    return f"event/{name}"


def _words(event: Event) -> str:
    """Everything that decides which numbers change, and why."""
    about = event.affects
    named = [*about.slos, *about.services, *about.journeys, *about.squads]
    again = "" if event.repeat is None else f", {event.repeat}"
    skipped = "" if not event.skip else f", not on {', '.join(map(str, sorted(event.skip)))}"
    when = f"{event.start:%Y-%m-%d %H:%M} {event.timezone} for {duration_text(event.schedule.length)}"
    return f"{', '.join(named)}: {when}{again}{skipped}: {event.reason}"
