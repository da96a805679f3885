"""The crash matrix: killed at each state of the outbox, under each fault of Slack's, for each kind of message.

Every case is two real processes (`support.crashing`) and its own channels of one development Slack: the first is killed,
the second finds out what became of it. Judged is what people see in the channels.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from support.crashing import Place, Point, deliver_to_the_end, deliver_until_killed
from support.forked import processes
from support.slack import a_delivery, an_incident, plan_fault, postings

from observatory.adapters.slack import SlackMessenger
from observatory.adapters.sql import SqlAlerts, create_engine, migrate
from observatory.alerting import NotificationKind
from observatory.application.delivery import Delivery, DeliveryState
from observatory.outputs.message import Message
from observatory.sandbox.slack import Running

ROOT, UPDATE, REPLY = NotificationKind.ROOT, NotificationKind.UPDATE, NotificationKind.REPLY
AT_ONCE = 10
LABEL = "Possible duplicate"
_FOR_EVER = 100_000
_HISTORY = ("conversations.history", "conversations.replies")
_ALWAYS = (Point.PENDING, Point.SENDING_BEFORE, Point.SENDING_AFTER, Point.SETTLED)
_AMBIGUOUS = (Point.TAKEN_UP, Point.LOOKED_FOR)


@dataclass(frozen=True)
class Trouble:
    """A fault of the table: what Slack (or the database) does, and at which points it makes sense to be killed."""

    name: str
    write: Mapping[str, Any] = field(default_factory=dict)
    """Strikes the message itself."""
    history: Mapping[str, Any] = field(default_factory=dict)
    """Strikes every look into the history."""
    points: Sequence[Point] = _ALWAYS
    kinds: Sequence[NotificationKind] = (ROOT, UPDATE, REPLY)
    broken: bool = False
    """The channel stays like this."""
    deleted: bool = False
    """Somebody deleted the root."""
    locks: bool = False
    """The database is locked when it is first needed."""
    labelled: bool = False
    """History can't be read: a duplicate is possible, and has to say so."""


def _error(code: str) -> dict[str, Any]:
    return {"trouble": "error", "error": code}


_RETRIED = (*_ALWAYS, Point.CLAIMED_AGAIN)
_LOST_ANSWER = (*_ALWAYS, *_AMBIGUOUS)
_SLOW = (*_LOST_ANSWER, Point.SENDING_DURING)
TROUBLES = (
    Trouble("none"),
    Trouble("429", {"trouble": "status", "status": 429, "retry_after": "1.5"}, points=_RETRIED),
    Trouble("500, not done", {"trouble": "status", "status": 500}, points=_LOST_ANSWER),
    Trouble("500, but done", {"trouble": "status", "status": 500, "applied": True}, points=_LOST_ANSWER),
    Trouble("internal_error, but done", _error("internal_error") | {"applied": True}, points=_LOST_ANSWER),
    Trouble("proxy's page, but done", {"trouble": "html", "applied": True}, points=_LOST_ANSWER),
    Trouble("timeout, not done", {"trouble": "hang", "seconds": 600}, points=_SLOW),
    Trouble("timeout, but done", {"trouble": "hang", "seconds": 600, "applied": True}, points=_SLOW),
    Trouble("dropped, not done", {"trouble": "drop"}, points=_LOST_ANSWER),
    Trouble("dropped, but done", {"trouble": "drop", "applied": True}, points=_LOST_ANSWER),
    Trouble("half an answer", {"trouble": "truncate", "applied": True}, points=_LOST_ANSWER),
    Trouble("channel_not_found", _error("channel_not_found"), points=_RETRIED, broken=True),
    Trouble("is_archived", _error("is_archived"), points=_RETRIED, broken=True),
    Trouble("not_in_channel", _error("not_in_channel"), points=_RETRIED, broken=True),
    Trouble("restricted_action", _error("restricted_action"), points=_RETRIED, broken=True),
    Trouble("invalid_auth", _error("invalid_auth"), points=_RETRIED),
    Trouble("missing_scope", _error("missing_scope"), points=_RETRIED),
    Trouble("msg_too_long", _error("msg_too_long")),
    Trouble("unknown code", _error("never_heard_of")),
    Trouble("root deleted", points=_RETRIED, kinds=(UPDATE, REPLY), deleted=True),
    Trouble("database locked", locks=True),
    Trouble(
        "dropped, but done; history: missing_scope",
        {"trouble": "drop", "applied": True},
        _error("missing_scope"),
        points=_LOST_ANSWER,
        kinds=(ROOT, REPLY),
        labelled=True,
    ),
    Trouble(
        "dropped, but done; history: 503",
        {"trouble": "drop", "applied": True},
        {"trouble": "status", "status": 503},
        points=_LOST_ANSWER,
        kinds=(ROOT, REPLY),
        labelled=True,
    ),
)


@dataclass(frozen=True)
class Case:
    """One cell."""

    kind: NotificationKind
    trouble: Trouble
    point: Point

    def __str__(self) -> str:
        return f"{self.kind} · {self.trouble.name} · {self.point}"


@dataclass(frozen=True)
class Verdict:
    """What people see in the end: how often the newest message of the incident, and how many of these say "perhaps"."""

    case: Case
    reached: bool
    """Whether the first process was killed at the point; if not, the fault never leads there."""
    finished: bool
    seen: int
    labelled: int

    @property
    def lost(self) -> bool:
        """Nobody was told."""
        return self.seen == 0

    @property
    def doubled(self) -> bool:
        """Told twice, and nothing says so."""
        return self.seen - self.labelled > 1

    @property
    def good(self) -> bool:
        """As promised: told once; where history can't be read, perhaps twice, and then it says so."""
        perhaps = self.labelled == 0 or self.case.trouble.labelled
        return self.finished and not self.lost and not self.doubled and perhaps


def cases() -> Iterator[Case]:
    """Every cell that makes sense."""
    for trouble in TROUBLES:
        for kind in trouble.kinds:
            for point in trouble.points:
                # An edit is never looked for: done twice it is the same edit.
                if kind is not UPDATE or point not in _AMBIGUOUS:
                    yield Case(kind, trouble, point)


def run(chosen: Iterable[Case], slack: Running, folder: Path) -> Iterator[Verdict]:
    """Run cases, several at a time; verdicts come in the order of the cases."""
    folder.mkdir(parents=True, exist_ok=True)
    template = folder / "template.db"
    engine = create_engine(f"sqlite:///{template}")
    migrate(engine)
    engine.dispose()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield from threads.map(
            lambda numbered: _run(numbered[1], _place(numbered[0], slack, template)), enumerate(chosen)
        )


def _place(number: int, slack: Running, template: Path) -> Place:
    database = template.with_name(f"{number}.db")
    shutil.copy(template, database)
    own, fallback, catch_all = (f"C{letter}{number:08d}" for letter in "OFA")
    for channel in (own, fallback, catch_all):
        body = {"id": channel, "name": channel.lower()}
        httpx2.post(f"{slack.url}/admin/channels", json=body).raise_for_status()
    began = datetime.now(UTC)  # noqa: TID251 - the cases' clocks start from the real one
    return Place(database, slack.api_url, began, own, fallback, catch_all)


def _run(case: Case, place: Place) -> Verdict:
    url = place.slack.removesuffix("/api/")
    words = f"{place.own} revision {1 if case.kind is ROOT else 2}"
    watched = _prepare(case, place, words)
    _plan(case, place, url)
    _process(deliver_until_killed, place, case.point, [watched], locks=case.trouble.locks)
    _process(deliver_to_the_end, place)
    seen = [text for text in _texts(url, place) if words in text]
    labelled = sum(LABEL in text for text in seen)
    return Verdict(case, place.killed.exists(), place.finished.exists(), len(seen), labelled)


def _prepare(case: Case, place: Place, words: str) -> Delivery:
    """The incident, and its root where that is not what is watched; then the message to deliver."""
    store = SqlAlerts(create_engine(f"sqlite:///{place.database}"))
    incident = an_incident(place.own, opened_at=place.began, updated_at=place.began)
    before = [] if case.kind is ROOT else [_sent_root(case, place)]
    store.record([incident], before)
    return _delivery(case.kind, place, words, revision=1 if case.kind is ROOT else 2)


def _sent_root(case: Case, place: Place) -> Delivery:
    messenger = SlackMessenger("xoxb-test", base_url=place.slack)
    root = _delivery(ROOT, place, f"{place.own} revision 1", revision=1)
    posted = messenger.post(place.own, root.message, delivery_id=root.notification.delivery_id)
    if case.trouble.deleted:
        messenger.delete(place.own, posted.ts)
    return Delivery(
        root.notification, root.message, DeliveryState.SENT, attempt=1, channel=posted.channel, ts=posted.ts
    )


def _delivery(kind: NotificationKind, place: Place, words: str, *, revision: int) -> Delivery:
    return a_delivery(
        kind,
        incident=place.own,
        destination=place.own,
        revision=revision,
        message=Message(words, ({"type": "section", "text": {"type": "mrkdwn", "text": words}},)),
        not_before=place.began,
        deadline=place.began + timedelta(hours=1),
    )


def _plan(case: Case, place: Place, url: str) -> None:
    trouble, method = case.trouble, "chat.update" if case.kind is UPDATE else "chat.postMessage"
    times = _FOR_EVER if trouble.broken else 1
    if trouble.write:
        plan_fault(url, method=method, channel=place.own, times=times, **trouble.write)
    if trouble.broken:
        plan_fault(url, method="conversations.join", channel=place.own, times=times, **trouble.write)
    if trouble.history:
        for look in _HISTORY:
            plan_fault(url, method=look, channel=place.own, times=_FOR_EVER, **trouble.history)


def _process(target: Any, *args: Any, **options: Any) -> None:
    process = processes.Process(target=target, args=args, kwargs=options)
    process.start()
    process.join()


def _texts(url: str, place: Place) -> Iterator[str]:
    """Everything that stands in the channels and in their threads."""
    for channel in (place.own, place.fallback, place.catch_all):
        for top in postings(url, channel):
            yield top["text"]
            if "reply_count" in top:
                yield from (one["text"] for one in postings(url, channel, thread_ts=top["ts"])[1:])
