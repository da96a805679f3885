"""Small valid definitions for tests; every part can be overridden by keyword."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from observatory.catalog import (
    Catalog,
    Events,
    Latency,
    ParsedCatalog,
    Place,
    Rolling,
    Service,
    Slack,
    Sli,
    Slo,
    Squad,
    parse_catalog,
    parse_selector,
)

PLACE = Place("catalog/playlists/playlist.yml", 1)


def events(total: str = "http_requests_total", *, bad: str | None = None, good: str | None = None) -> Events:
    """An events SLI of selectors in PromQL; 5xx answers are bad unless `bad` or `good` says otherwise."""
    if bad is None and good is None:
        bad = 'http_requests_total{code=~"5.."}'
    return Events(
        total=(parse_selector(total),),
        bad=() if bad is None else (parse_selector(bad),),
        good=() if good is None else (parse_selector(good),),
    )


def latency(
    histogram: str = "http_request_duration_seconds", *, below: timedelta = timedelta(milliseconds=300)
) -> Latency:
    """A latency SLI over a classic histogram."""
    return Latency(histogram=parse_selector(histogram), below=below)


def an_slo(
    name: str = "availability",
    *,
    objective: str | Decimal = "99.9",
    days: int = 30,
    **overrides: Any,
) -> Slo:
    """An SLO over 30 days: 99.9 % of the requests are answered without a 5xx."""
    window = Rolling(length=timedelta(days=days))
    fields: dict[str, Any] = {"sli": events(), "place": PLACE, "window": window}
    return Slo(name=name, objective=Decimal(objective), **(fields | overrides))


def a_service(name: str = "playlist", *, squad: str = "playlists", **overrides: Any) -> Service:
    """A service with one availability SLO, whose series carry `job="<name>"`."""
    fields: dict[str, Any] = {
        "tier": 1,
        "runbook": f"https://runbooks.example/{name}",
        "selector": {"job": name},
        "slos": (an_slo(),),
        "place": PLACE,
    }
    return Service(name=name, squad=squad, **(fields | overrides))


def a_squad(name: str = "playlists", *, channel: str = "C0PLAYLISTS", **overrides: Any) -> Squad:
    """A squad with a channel, a fallback and an on-call group to mention."""
    fields: dict[str, Any] = {
        "slack": Slack(channel=channel, fallback="C0ONCALL00", mention="S0PLAYLIST"),
        "place": Place(f"catalog/{name}/squad.yml", 1),
    }
    return Squad(name=name, **(fields | overrides))


def a_catalog(*services: Service, squads: Iterable[Squad] | None = None) -> Catalog:
    """These services (one playlist service when none is given), and a squad for each owner they name."""
    services = services or (a_service(),)
    if squads is None:
        squads = [a_squad(owner) for owner in sorted({service.squad for service in services})]
    return Catalog(
        squads={squad.name: squad for squad in squads},
        services={service.name: service for service in services},
    )


SQUAD_YAML = """\
apiVersion: observatory/v1
kind: Squad
name: playlists
slack:
  channel: C0PLAYLISTS
  fallback: C0ONCALL00
  mention: S0PLAYLIST
on_call:
  hours: Mon-Fri 09:00-18:00
  timezone: Europe/Stockholm
  escalate: {after: 15m, to: playlists}
"""

SERVICE_YAML = """\
apiVersion: observatory/v1
kind: Service
name: playlist
squad: playlists
tier: 1
description: Stores and serves playlists.
runbook: https://runbooks.example/playlist
selector: {job: playlist}
depends_on: []
uses:
  - {kind: postgresql, selector: {datname: playlists}}
  - {kind: cassandra, dialect: mcac}
slos:
  - name: availability
    objective: 99.9
    window: 30d
    sli: {events: {total: http_requests_total, bad: 'http_requests_total{code=~"5.."}'}}
  - name: latency
    objective: 99
    sli: {latency: {histogram: http_request_duration_seconds, below: 300ms}}
behaviour:
  - {name: saves, metric: playlist_saves_total}
"""


def parse_yaml(service: str = SERVICE_YAML, *, squad: str = SQUAD_YAML, **more: str) -> ParsedCatalog:
    """Parse these texts as squad.yml, playlist.yml and one file for each further keyword."""
    texts = {"squad.yml": squad, "playlist.yml": service} | {
        f"{name}.yml": text for name, text in more.items()
    }
    return parse_catalog({file: text.encode() for file, text in texts.items()})


def changed(old: str, new: str, *, text: str = SERVICE_YAML) -> str:
    """The text with one passage exchanged; it has to be there."""
    assert old in text, f"{old!r} is not in the text"
    return text.replace(old, new, 1)


def parse_sli(text: str) -> Sli:
    """The SLI that a squad writes like this."""
    written = "{latency: {histogram: http_request_duration_seconds, below: 300ms}}"
    return parse_yaml(changed(written, text)).valid().services["playlist"].slos[1].sli
