"""`build(settings, **replacements)`: the only place that names adapters.

Each argument that is left out is the real thing; tests put in the in-memory ones.
"""

import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import getpid
from pathlib import Path

from observatory.adapters.clock import SystemClock
from observatory.adapters.files import CatalogFolder, FolderDocuments
from observatory.adapters.git import Revisions
from observatory.adapters.prometheus import Access, PrometheusSource
from observatory.adapters.promtool import Promtool, installed
from observatory.adapters.shipping import Credentials, Grafana, PrometheusLoader, Ruler
from observatory.adapters.slack import SlackMessenger
from observatory.adapters.slack_interactions import SlackSignatures, SlackWhispers
from observatory.adapters.sql import SqlAlerts, SqlHistory, create_engine, migrate
from observatory.application.actions import Actions, Door, actions
from observatory.application.announce import Addresses, Announce
from observatory.application.burn_down import BurnDown
from observatory.application.catch_up import CatchUp
from observatory.application.definitions import Definitions
from observatory.application.deliver import Deliver
from observatory.application.fill import Fill, Progress
from observatory.application.holes import Holes
from observatory.application.ledger import Ledger
from observatory.application.measure import Limits, Measure
from observatory.application.ports import (
    AlertStore,
    Clock,
    DashboardServer,
    Documents,
    HistoryStore,
    Messenger,
    MetricsSource,
    RuleGroupServer,
    RuleLoader,
)
from observatory.application.recorder import Recorder
from observatory.application.snapshot import Board, Health, Snapshot, Views
from observatory.application.status import Status
from observatory.application.tick import Tick
from observatory.catalog import Catalog, parse_catalog
from observatory.errors import DefinitionError
from observatory.evaluation import Evaluation
from observatory.settings import Settings

_PATIENT = Limits(query=timedelta(minutes=2), round=timedelta(minutes=15), at_once=2)
"""For the past, which may take its time: nobody is paged by it."""
_SENDERS = 8


@dataclass(frozen=True, slots=True)
class Observatory:
    """The product, wired: what the entrypoints call."""

    tick: Tick
    catch_up: CatchUp
    recorder: Recorder
    deliver: Deliver | None
    """None without a Slack token."""
    views: Views
    actions: Actions
    clock: Clock


def build(  # noqa: PLR0913 - one for each port
    settings: Settings,
    *,
    source: MetricsSource | None = None,
    history: HistoryStore | None = None,
    alerts: AlertStore | None = None,
    messenger: Messenger | None = None,
    clock: Clock | None = None,
    tell: Callable[[Progress], object] = id,
) -> Observatory:
    """Wire the product and take up its state.

    Raises:
        DefinitionError: the catalog has errors; all of them are named.
        Unavailable: the database can't be reached.
    """
    clock = clock or SystemClock()
    source = source or prometheus(settings)
    messenger = messenger or _slack(settings)
    if history is None or alerts is None:
        engine = create_engine(settings.database_url.get_secret_value())
        migrate(engine)
        history, alerts = history or SqlHistory(engine), alerts or SqlAlerts(engine)
    definitions = Definitions(CatalogFolder(settings.catalog).read)
    definitions.load()
    seconds = int(settings.tick.total_seconds())
    recorder = Recorder(history, tick=seconds)
    recorder.load(now=clock.now())
    holes = Holes()
    fill = Fill(Measure(source, clock, limits=_PATIENT), recorder, history, holes, tick=seconds)
    catch_up = CatchUp(definitions, fill, clock, settings.lag, tell)
    board = Board(Snapshot(definitions.catalog), Health(started_at=clock.now()))
    addresses = Addresses(settings.public_url, settings.grafana_url, settings.catch_all_channel)
    door = _door(settings, clock)
    announce = Announce(addresses, recorder.bad_events, interactive=door is not None) if messenger else None
    tick = Tick(
        definitions=definitions,
        measure=Measure(source, clock, limits=Limits(query=settings.prometheus_timeout)),
        recorder=recorder,
        holes=holes,
        alerts=alerts,
        announce=announce,
        board=board,
        clock=clock,
        length=settings.tick,
        lag=settings.lag,
        complete=lambda: catch_up.complete,
        catch_all=settings.catch_all_channel,
    )
    deliver = messenger and Deliver(
        alerts,
        messenger,
        clock,
        catalog=lambda: definitions.catalog,
        executor=ThreadPoolExecutor(_SENDERS, thread_name_prefix="deliver"),
        worker=f"{socket.gethostname()}:{getpid()}",
        catch_all=settings.catch_all_channel,
        capacity=_SENDERS,
    )
    views = Views(board, alerts, clock, BurnDown(recorder, board))
    done = actions(Ledger(alerts, board, announce), clock, door=door)
    return Observatory(tick, catch_up, recorder, deliver or None, views, done, clock)


def build_status(
    settings: Settings, *, source: MetricsSource | None = None, clock: Clock | None = None
) -> Callable[[datetime | None], Evaluation]:
    """`observatory status`: evaluates the catalog straight from Prometheus, with no database.

    Raises:
        DefinitionError: the catalog has errors; all of them are named.
    """
    clock = clock or SystemClock()
    entries = tuple(load_catalog(settings).slos())
    source = source or prometheus(settings)
    measure = Measure(source, clock, limits=_PATIENT)
    status = Status(source, measure, clock, settings.tick, settings.lag)
    return lambda at: status(entries, at=at)


def read_catalog(settings: Settings) -> Mapping[str, bytes]:
    """The catalog's files by name."""
    return CatalogFolder(settings.catalog).read()


def load_catalog(settings: Settings) -> Catalog:
    """The catalog.

    Raises:
        DefinitionError: it has errors; all of them are named.
    """
    return parse_catalog(read_catalog(settings)).valid()


def folder(path: Path) -> Documents:
    """A folder of generated files."""
    return FolderDocuments(path)


def promtool() -> Promtool | None:
    """Prometheus's own judge of rule files, where it is installed."""
    return installed()


def revisions() -> Revisions:
    """The history of the repository that the working directory lies in."""
    return Revisions(Path())


def system_clock() -> Clock:
    """The machine's clock."""
    return SystemClock()


def prometheus(settings: Settings) -> MetricsSource:
    """The Prometheus of the settings."""
    token = settings.prometheus_bearer_token
    access = Access(
        bearer_token=token.get_secret_value() if token else None,
        basic=_basic(settings),
        ca_file=settings.prometheus_ca_file,
        headers={name: value.get_secret_value() for name, value in settings.prometheus_headers.items()},
    )
    return PrometheusSource(settings.prometheus_url, access)


def grafana(settings: Settings, url: str) -> DashboardServer:
    """The Grafana at this address.

    Raises:
        DefinitionError: there is no token for it.
    """
    if settings.grafana_token is None:
        raise DefinitionError(
            "OBSERVATORY_GRAFANA_TOKEN is not set: give it the token of a service account"
            " that may write folders and dashboards"
        )
    token = settings.grafana_token.get_secret_value()
    return Grafana(url, Credentials(bearer_token=token, ca_file=settings.grafana_ca_file))


def rule_loader(settings: Settings, url: str) -> RuleLoader:
    """The Prometheus at this address, shown the credentials of the settings."""
    return PrometheusLoader(url, _prometheus_credentials(settings))


def ruler(settings: Settings, url: str, *, tenant: str | None) -> RuleGroupServer:
    """The ruler at this address, shown the credentials of the settings and this tenant."""
    return Ruler(url, _prometheus_credentials(settings, {} if tenant is None else {"X-Scope-OrgID": tenant}))


def _prometheus_credentials(settings: Settings, more: Mapping[str, str] | None = None) -> Credentials:
    token = settings.prometheus_bearer_token
    headers = {name: value.get_secret_value() for name, value in settings.prometheus_headers.items()}
    return Credentials(
        bearer_token=token.get_secret_value() if token else None,
        basic=_basic(settings),
        headers=headers | dict(more or {}),
        ca_file=settings.prometheus_ca_file,
    )


def _basic(settings: Settings) -> tuple[str, str] | None:
    if settings.prometheus_user is None or settings.prometheus_password is None:
        return None
    return settings.prometheus_user, settings.prometheus_password.get_secret_value()


def _slack(settings: Settings) -> Messenger | None:
    if settings.slack_token is None:
        return None
    return SlackMessenger(settings.slack_token.get_secret_value(), base_url=settings.slack_api_url)


def _door(settings: Settings, clock: Clock) -> Door | None:
    if settings.slack_signing_secret is None:
        return None
    signatures = SlackSignatures(settings.slack_signing_secret.get_secret_value(), clock)
    return Door(signatures.genuine, SlackWhispers(settings.slack_api_url).whisper)
