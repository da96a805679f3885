"""Observatory and a real Alertmanager side by side: the same alerts, the same trouble, the same kind of Slack.

    .venv/bin/python benchmarks/alertmanager.py

Both are processes of their own, and get the same alerts by HTTP: Alertmanager by its API, again every ten seconds while
they fire (a Prometheus says them every minute); Observatory by its webhook, once. Alertmanager has the generated
configuration, with a shorter group_interval, which is to its advantage. Each has a development Slack to itself. Of
every alert that a scenario lets fire, it is counted:

lost      no message ever said that it fires
late      it was said more than 15 s after the trouble was over
doubled   more than one message said so
untold    it was said to fire, and its end never was
"""

import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from contestants import Alertmanager, Contestant, Observatory, now

from observatory.sandbox import slack

CHANNEL, FALLBACK = "C0PLAYLISTS", "C0ONCALL00"
CHANNELS = {CHANNEL: "playlists", FALLBACK: "on-call"}
AGAIN, LATE, PATIENCE = 10.0, 15.0, 60.0
"""Seconds."""
READER = {"Authorization": "Bearer xoxb-reader"}
NAMES = ("AlertOne", "AlertTwo", "AlertThree", "AlertFour")
ENDED = ("Resolved", "is over", "Over after")


@dataclass
class Trial:
    """One scenario with one contestant: what is done to it, and what Slack shows."""

    contestant: Contestant
    chat: slack.Running
    over_at: datetime = field(default_factory=now)
    """When the trouble was over."""
    deleted: bool = False
    """Messages were deleted after they had been read: what they said was said."""

    def trouble(self, **fault: Any) -> None:
        """Ask Slack for trouble until it is over."""
        httpx2.post(f"{self.chat.url}/admin/faults", json=fault | {"times": 100_000}).raise_for_status()

    def calm(self) -> None:
        """The trouble is over."""
        httpx2.delete(f"{self.chat.url}/admin/faults").raise_for_status()
        self.over_at = now()

    def pass_time(self, seconds: float) -> None:
        """What fires is said again to Alertmanager, as Prometheus does."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            time.sleep(min(AGAIN, left))
            if isinstance(self.contestant, Alertmanager) and self.contestant.fired:
                self.contestant.send(list(self.contestant.fired), ended=False)

    def messages(self) -> Iterator["Said"]:
        """Everything in both channels, answers in threads after their messages."""
        for channel in CHANNELS:
            for message in self._shown(channel):
                yield said(message)
                if message.get("reply_count"):
                    replies = self._shown(channel, message["ts"])[1:]
                    yield from (said(reply, is_reply=True) for reply in replies)

    def firing(self, name: str) -> list[datetime]:
        """When messages said that it fires, oldest first."""
        return sorted(one.at for one in self.messages() if name in one.words and one.is_news)

    def end_told(self, name: str) -> bool:
        """Whether a message, an edit or an answer in a thread says that it is over."""
        return any(name in one.words and any(word in one.words for word in ENDED) for one in self.messages())

    def until_told(self, names: Sequence[str] = NAMES) -> None:
        """Wait until all of them are said to fire, or patience is over; what fires is said again meanwhile."""
        self._until(lambda: all(self.firing(name) for name in names))

    def until_over(self) -> None:
        """Wait until every end is told that people were told the beginning of."""
        self._until(lambda: all(self.end_told(name) for name in NAMES if self.deleted or self.firing(name)))

    def _until(self, look: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends and not look():
            self.pass_time(1)

    def _shown(self, channel: str, thread_ts: str | None = None) -> list[dict[str, Any]]:
        """By its administration, which has no rate limit."""
        params = {} if thread_ts is None else {"thread_ts": thread_ts}
        answer = httpx2.get(f"{self.chat.url}/admin/channels/{channel}/messages", params=params)
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return found

    def delete_everything(self) -> None:
        """As a person would who tidies up."""
        for channel in CHANNELS:
            for message in self._shown(channel):
                body = {"channel": channel, "ts": message["ts"]}
                httpx2.post(f"{self.chat.api_url}chat.delete", json=body, headers=READER).raise_for_status()

    def score(self) -> dict[str, int]:
        """What people were told, against what happened."""
        told = {name: [self.over_at] if self.deleted else self.firing(name) for name in NAMES}
        in_time = self.over_at + timedelta(seconds=LATE)
        return {
            "lost": sum(not times for times in told.values()),
            "late": sum(bool(times) and times[0] > in_time for times in told.values()),
            "doubled": sum(len(times) > 1 for times in told.values()),
            "untold": sum(bool(times) and not self.end_told(name) for name, times in told.items()),
        }


@dataclass(frozen=True)
class Said:
    """A message as people read it."""

    at: datetime
    words: str
    is_reply: bool

    @property
    def is_news(self) -> bool:
        """Alertmanager posts another message for the end; Observatory edits the one there is (`From Alertmanager, …`)."""
        return not self.is_reply and ("🔴 PAGE" in self.words or "From Alertmanager, " in self.words)


def said(message: dict[str, Any], *, is_reply: bool = False) -> Said:
    """All its words, those of blocks and attachments too."""
    parts = [message["text"], str(message.get("blocks", "")), str(message.get("attachments", ""))]
    return Said(datetime.fromtimestamp(float(message["ts"]), UTC), "\n".join(parts), is_reply)


def nothing_wrong(trial: Trial) -> None:
    trial.contestant.fire(NAMES)
    trial.over_at = now()
    trial.until_told()
    trial.contestant.end(NAMES)


def storm_of_429(trial: Trial) -> None:
    """For twelve seconds Slack takes nothing; half of the alerts end meanwhile."""
    trial.trouble(trouble="status", status=429, retry_after="2")
    trial.contestant.fire(NAMES)
    trial.pass_time(12)
    trial.contestant.end(NAMES[:2])
    trial.calm()
    trial.until_told()
    trial.contestant.end(NAMES[2:])


def channel_archived(trial: Trial) -> None:
    archive = {"id": CHANNEL, "name": CHANNELS[CHANNEL], "archived": True}
    httpx2.post(f"{trial.chat.url}/admin/channels", json=archive).raise_for_status()
    trial.contestant.fire(NAMES)
    trial.over_at = now()
    trial.until_told()
    trial.contestant.end(NAMES)


def restart_while_slack_is_down(trial: Trial) -> None:
    """An orderly one; half of the alerts end before it."""
    trial.trouble(trouble="status", status=503)
    trial.contestant.fire(NAMES)
    trial.pass_time(12)
    trial.contestant.end(NAMES[:2])
    trial.contestant.stop()
    trial.contestant.start()
    trial.calm()
    trial.until_told()
    trial.contestant.end(NAMES[2:])


def killed_after_the_send(trial: Trial) -> None:
    trial.contestant.fire(NAMES)
    trial.over_at = now()
    trial.until_told()
    trial.contestant.stop(signal.SIGKILL)
    trial.contestant.start()
    trial.pass_time(30)
    trial.contestant.end(NAMES)


def messages_deleted(trial: Trial) -> None:
    """Somebody deletes them while the alerts fire; then the alerts end."""
    trial.contestant.fire(NAMES)
    trial.until_told()
    trial.delete_everything()
    trial.contestant.end(NAMES)
    trial.deleted = True


def silenced_while_firing(trial: Trial) -> None:
    """Then they end, still silenced."""
    trial.contestant.fire(NAMES)
    trial.over_at = now()
    trial.until_told()
    for name in NAMES:
        trial.contestant.silence(name)
    trial.pass_time(5)
    trial.contestant.end(NAMES)


SCENARIOS = (
    nothing_wrong,
    storm_of_429,
    channel_archived,
    restart_while_slack_is_down,
    killed_after_the_send,
    messages_deleted,
    silenced_while_firing,
)


def attempt(scenario: Callable[[Trial], None], kind: type[Contestant]) -> dict[str, int]:
    """One scenario with one contestant, both fresh."""
    with tempfile.TemporaryDirectory() as folder, slack.running(channels=CHANNELS) as chat:
        contestant = kind(Path(folder), chat, free_port())
        trial = Trial(contestant, chat)
        contestant.start()
        try:
            scenario(trial)
            trial.until_over()
            return trial.score()
        finally:
            contestant.stop(signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    wanted = [one for one in SCENARIOS if not sys.argv[1:] or one.__name__ in sys.argv[1:]]
    columns = ("lost", "late", "doubled", "untold")
    print(f"{len(NAMES)} alerts each; lost / late / doubled / end untold")
    print("| | Alertmanager | Observatory |\n| --- | --- | --- |")
    for scenario in wanted:
        with ThreadPoolExecutor(2) as pool:
            scores = list(pool.map(lambda kind: attempt(scenario, kind), (Alertmanager, Observatory)))  # noqa: B023 - used up here
        cells = [" / ".join(str(score[column]) for column in columns) for score in scores]
        print(f"| {scenario.__name__.replace('_', ' ')} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
