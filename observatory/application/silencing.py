"""Silences come and go; the incidents that they match hear of it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from observatory.alerting import Incident, Matcher, Silence, Subject
from observatory.alerting.model import Origin
from observatory.application.audit import Actor, AuditEntry, Deed
from observatory.application.ledger import OPEN, Ledger
from observatory.application.ports import Clock
from observatory.catalog import Catalog
from observatory.catalog.written import nearest_to
from observatory.errors import DefinitionError, NotFound

_NAMESPACE = UUID("0d3cf4ba-0a4e-5a0a-8f0b-6b1a4d1f6c11")


@dataclass(frozen=True, slots=True)
class NewSilence:
    """A silence that somebody asks for."""

    matchers: tuple[Matcher, ...]
    owner: str
    reason: str
    ends_at: datetime
    starts_at: datetime | None = None
    """None: now."""
    confirmed: bool = False
    """It is meant to last longer than 7 days."""
    key: str | None = None
    """Names the request, where it may arrive twice."""


@dataclass(frozen=True, slots=True)
class AddSilence:
    """Call it with what is asked for and who asks; the same request twice makes one silence."""

    ledger: Ledger
    clock: Clock

    def __call__(self, new: NewSilence, *, actor: Actor) -> Silence:
        """Add a silence, and keep what it matches quiet.

        Raises:
            DefinitionError: it is not right; everything that is wrong is named.
            Unavailable: the store can't be reached.
        """
        now = self.clock.now()
        silence = _silence(new, actor, now=now)
        known = self.ledger.alerts.silence(silence.id)
        if known is not None:
            return known
        catalog = self.ledger.board.snapshot.catalog
        wrong = [
            *silence.problems(now=now, confirmed=new.confirmed),
            *_unknown_names(new.matchers, catalog, [*self.ledger.board.snapshot.beside], self._of_others()),
        ]
        if wrong:
            raise DefinitionError("This can't be silenced: " + "; ".join(wrong) + ".")
        detail = (
            f"{', '.join(map(str, silence.matchers))} until {silence.ends_at.isoformat()}: {silence.reason}"
        )
        entry = AuditEntry(now, actor, Deed.SILENCED, silence.id, detail)
        steps = self.ledger.quietened(silence, now=now)
        self.ledger.write(steps, audit=entry, now=now, silences=[silence])
        return silence

    def _of_others(self) -> Sequence[Incident]:
        """Open incidents of others' alerts: their services and names are in no catalog."""
        return [one for one in self.ledger.alerts.incidents(states=OPEN) if one.origin is Origin.ALERT]


@dataclass(frozen=True, slots=True)
class ExpireSilence:
    """Call it with a silence's id and who ends it."""

    ledger: Ledger
    clock: Clock

    def __call__(self, silence_id: str, *, actor: Actor) -> Silence:
        """End a silence now; what still burns under it fires again. One that has ended stays as it is.

        Raises:
            NotFound: there is no such silence.
            Unavailable: the store can't be reached.
        """
        now = self.clock.now()
        silence = self.ledger.alerts.silence(silence_id)
        if silence is None:
            raise NotFound(f'There is no silence "{silence_id}"; it may be older than what is kept.')
        if silence.ends_at <= now:
            return silence
        ended = replace(silence, starts_at=min(silence.starts_at, now), ends_at=now)
        entry = AuditEntry(
            now, actor, Deed.SILENCE_EXPIRED, silence_id, ", ".join(map(str, silence.matchers))
        )
        self.ledger.write(self.ledger.quietened(ended, now=now), audit=entry, now=now, silences=[ended])
        return ended


def _silence(new: NewSilence, actor: Actor, *, now: datetime) -> Silence:
    starts_at = new.starts_at or now
    asked = (*map(str, new.matchers), new.owner, new.reason, starts_at.isoformat(), new.ends_at.isoformat())
    return Silence(
        id=str(uuid5(_NAMESPACE, new.key or "\n".join((*asked, actor.name)))),
        matchers=new.matchers,
        owner=new.owner,
        reason=new.reason,
        starts_at=starts_at,
        ends_at=new.ends_at,
        created_by=actor.name,
    )


def _unknown_names(
    matchers: Sequence[Matcher], catalog: Catalog, slices: Sequence[str], others: Sequence[Incident]
) -> list[str]:
    """A silence for a name that nobody has keeps nothing quiet, and nobody would notice until the page."""
    known: Mapping[Subject, Sequence[str]] = {
        Subject.SQUAD: list(catalog.squads),
        Subject.SERVICE: [
            *catalog.services,
            *catalog.journeys,
            *catalog.events,
            *(one.service for one in others),
        ],
        Subject.SLO: [*(entry.id for entry in catalog.slos()), *slices, *(one.slo for one in others)],
        Subject.SEVERITY: ["page", "ticket"],
    }
    return [
        _unknown(matcher, known[matcher.subject])
        for matcher in matchers
        if not matcher.is_regex and matcher.value not in known[matcher.subject]
    ]


def _unknown(matcher: Matcher, known: Sequence[str]) -> str:
    near = nearest_to(matcher.value, known)
    hint = "" if near is None else f"; did you mean {near}?"
    return f"there is no {matcher.subject} {matcher.value!r}{hint}"
