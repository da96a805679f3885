"""Who gets what the routes lead to: squads' Slack channels, and Observatory's webhook."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from observatory.catalog import Catalog, Squad
from observatory.outputs.alertmanager import tree
from observatory.outputs.slack.text import mention

TEMPLATES = "observatory.tmpl"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the configuration says that no squad decides."""

    folder: str = "/etc/alertmanager"
    """Where Alertmanager finds `slack_url`, `slack_token` and `observatory_token`: secrets are in no repository."""
    observatory: str = "http://observatory:8600"
    """How Alertmanager reaches Observatory."""
    catch_all: str | None = None
    """Slack channel of last resort."""

    def file(self, name: str) -> str:
        """One of those files."""
        return f"{self.folder.rstrip('/')}/{name}"


def receivers(catalog: Catalog, around: Surroundings) -> Iterator[dict[str, Any]]:
    """Every receiver that the routes name, in their order."""
    yield _unowned(around)
    beats = _webhook("/api/v1/watchdogs/alertmanager", around) | {"send_resolved": False}
    yield {"name": tree.DEAD_MAN, "webhook_configs": [beats]}
    yield {"name": tree.NOBODY}
    for squad in sorted(catalog.squads.values(), key=lambda squad: squad.name):
        to = tree.escalates_to(squad, catalog)
        if to is not None:
            yield _slack(tree.escalation_receiver(squad.name), to.slack.channel, _climbed(squad, to), around)
        yield _slack(tree.page_receiver(squad.name), squad.slack.channel, _paged(squad, around), around)
        yield _slack(tree.ticket_receiver(squad.name), squad.slack.channel, _unpaged(squad, around), around)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a message says besides its alerts."""

    calls: str | None
    """Who is called by name while it fires."""
    footer: str


def _paged(squad: Squad, around: Surroundings) -> _Words:
    return _Words(squad.slack.mention, _owner(squad, around))


def _unpaged(squad: Squad, around: Surroundings) -> _Words:
    return _Words(None, _owner(squad, around))


def _climbed(squad: Squad, to: Squad) -> _Words:
    after = squad.on_call.escalate.after if squad.on_call.escalate else None
    minutes = 0 if after is None else int(after.total_seconds() // 60)
    told = f"Told to {squad.name} in <#{squad.slack.channel}> {minutes} min ago, and it still fires"
    return _Words(to.slack.mention, told)


def _owner(squad: Squad, around: Surroundings) -> str:
    """Alertmanager has no second channel to go to: it is named for whoever looks for the message."""
    fallback = squad.slack.fallback or around.catch_all
    second = "" if fallback is None else f", whose other channel is {_channel(fallback)}"
    return f"Owner: {squad.name}{second}"


def _channel(channel: str) -> str:
    return channel if channel.startswith("#") else f"<#{channel}>"


def _slack(name: str, channel: str, words: _Words, around: Surroundings) -> dict[str, Any]:
    message: dict[str, Any] = {
        "channel": channel,
        "send_resolved": True,
        "http_config": _shown(around.file("slack_token")),
        "color": '{{ template "observatory.color" . }}',
        "fallback": '{{ template "observatory.title" . }}',
        "title": '{{ template "observatory.title" . }}',
        "text": '{{ template "observatory.text" . }}',
        "footer": f"{words.footer}. From Alertmanager: Observatory was not on watch.",
        "short_fields": True,
    }
    if words.calls is not None:
        called = mention(words.calls)
        message["pretext"] = f'{{{{ if eq .Status "firing" }}}}{called}{{{{ end }}}}'
    return {"name": name, "slack_configs": [message]}


def _unowned(around: Surroundings) -> dict[str, Any]:
    """Observatory may know whose it is; the channel of last resort is told in any case."""
    words = _Words(None, "Nobody owns it: its label squad names no squad of the catalog")
    told: dict[str, Any] = {
        "name": tree.OBSERVATORY,
        "webhook_configs": [_webhook("/api/v1/alertmanager", around)],
    }
    if around.catch_all is not None:
        told |= _slack(tree.OBSERVATORY, around.catch_all, words, around)
    return told


def _webhook(path: str, around: Surroundings) -> dict[str, Any]:
    url = around.observatory.rstrip("/") + path
    return {"url": url, "send_resolved": True, "http_config": _shown(around.file("observatory_token"))}


def _shown(token_file: str) -> dict[str, Any]:
    return {"authorization": {"type": "Bearer", "credentials_file": token_file}}
