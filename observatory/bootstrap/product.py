"""The product, wired."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from observatory.adapters.clock import SystemClock
from observatory.adapters.files import CatalogFolder
from observatory.adapters.git import Revisions
from observatory.application.actions import Actions, actions
from observatory.application.announce import Addresses, Announce
from observatory.application.burn import Burn
from observatory.application.burn_down import BurnDown
from observatory.application.catch_up import CatchUp
from observatory.application.definitions import Definitions
from observatory.application.deliver import Deliver
from observatory.application.events.reports import Reports
from observatory.application.fill import Fill, Progress
from observatory.application.holes import Holes
from observatory.application.illustrate import Illustrate
from observatory.application.judging import Judgement
from observatory.application.leadership import Leadership
from observatory.application.ledger import Ledger
from observatory.application.measure import Measure
from observatory.application.ports import (
    AlertStore,
    Clock,
    HistoryStore,
    Messenger,
    MetricsSource,
)
from observatory.application.prune import Prune
from observatory.application.recorder import Recorder
from observatory.application.rounds import Limits
from observatory.application.snapshot import Board, Health, Snapshot, Views
from observatory.application.status import Status
from observatory.application.stored import StoredStatus
from observatory.application.switchboard import Switchboard
from observatory.application.tick import Tick
from observatory.bootstrap.alertmanager import Alerts
from observatory.bootstrap.alertmanager import Surroundings as Beside
from observatory.bootstrap.alertmanager import alerts as others_alerts
from observatory.bootstrap.alive import Alive, Parts, alive
from observatory.bootstrap.metrics import more_servers, prometheus
from observatory.bootstrap.slack import door, pictures, slack
from observatory.bootstrap.storage import in_memory, storage, stored_history, this_life
from observatory.bootstrap.tools import load_catalog
from observatory.bootstrap.transports import transports
from observatory.settings import Settings

_PATIENT = Limits(query=timedelta(minutes=2), round=timedelta(minutes=15), at_once=2)
"""For the past, which may take its time: nobody is paged by it."""
SENDERS = 24
"""Attempts at a time: a storm has many channels, and each takes one message a second."""


@dataclass(frozen=True, slots=True)
class Observatory:
    """The product, wired: what the entrypoints call."""

    tick: Tick
    catch_up: CatchUp
    recorder: Recorder
    prune: Prune
    deliver: Deliver | None
    """None without a Slack token."""
    views: Views
    actions: Actions
    leadership: Leadership
    """Whether it is this replica that evaluates."""
    alive: Alive
    others: Alerts
    """What others' alerts go through."""
    illustrate: Illustrate | None
    """None without a Slack token."""
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
    source, servers = source or prometheus(settings), more_servers(settings)
    messenger = messenger or slack(settings)
    stores = storage(settings) if history is None or alerts is None else in_memory(alerts, history)
    history, alerts = history or stores.history, alerts or stores.alerts
    leadership = Leadership(stores.lease, clock)
    leadership()  # before anything is read: whoever evaluates from the start reads what nobody else writes
    definitions = Definitions(CatalogFolder(settings.catalog).read)
    seconds = int(settings.tick.total_seconds())
    recorder = Recorder(history, tick=seconds)
    _take_up(definitions, recorder, now=clock.now())
    holes = Holes()
    patient = Measure(source, clock, limits=_PATIENT, servers=servers)
    fill = Fill(patient, recorder, history, holes, tick=seconds)
    catch_up = CatchUp(definitions, fill, clock, settings.lag, tell)
    board = Board(Snapshot(definitions.catalog), Health(started_at=clock.now()))
    addresses = Addresses(settings.public_url, settings.grafana_url, settings.catch_all_channel)
    buttons = door(settings, clock)
    burn_down = BurnDown(recorder, board)
    announce = (
        Announce(addresses, recorder.bad_events, interactive=buttons is not None, burn_down=burn_down)
        if messenger
        else None
    )
    tick = Tick(
        definitions=definitions,
        measure=Measure(source, clock, limits=Limits(query=settings.prometheus_timeout), servers=servers),
        recorder=recorder,
        holes=holes,
        alerts=stores.decisions,
        announce=announce,
        board=board,
        clock=clock,
        length=settings.tick,
        lag=settings.lag,
        complete=lambda: catch_up.complete,
        catch_all=settings.catch_all_channel,
        heard=lambda since: stores.reports.reports(since=since),
        author=Revisions(settings.catalog).author,
    )
    further = transports(settings, clock)
    deliver = messenger and Deliver(
        alerts,
        Switchboard(messenger, further.by_name),
        clock,
        catalog=lambda: definitions.catalog,
        executor=ThreadPoolExecutor(SENDERS, thread_name_prefix="deliver"),
        worker=this_life(),
        catch_all=settings.catch_all_channel,
        transports=further.destinations,
        capacity=SENDERS,
    )
    watching, vitals = alive(
        Parts(
            settings=settings,
            clock=clock,
            board=board,
            decisions=stores.decisions,
            signs=stores.signs,
            announce=announce,
            messenger=messenger,
            leadership=leadership,
            catalog=lambda: definitions.catalog,
        )
    )
    others = others_alerts(
        Beside(
            settings=settings,
            clock=clock,
            board=board,
            decisions=stores.decisions,
            reports=stores.reports,
            announce=announce,
            addresses=addresses,
            catalog=lambda: definitions.catalog,
        )
    )
    reports = Reports(board, alerts, clock, tick.judge.watch)
    views = Views(board, alerts, clock, burn_down, vitals, reports)
    done = actions(
        Ledger(alerts, board, announce), clock, door=buttons, signs=stores.signs, receive=others.receive
    )
    return Observatory(
        tick,
        catch_up,
        recorder,
        Prune(recorder, alerts, others.reports, clock, settings.alert_retention),
        deliver or None,
        views,
        done,
        leadership,
        watching,
        others,
        _illustrator(settings, alerts, board, recorder, clock),
        clock,
    )


def _take_up(definitions: Definitions, recorder: Recorder, *, now: datetime) -> None:
    """Parse the catalog and load the history at the same time: the second mostly unpacks, which holds up no Python."""
    with ThreadPoolExecutor(1, thread_name_prefix="load") as beside:
        loading = beside.submit(recorder.load, now=now)
        definitions.load()
        loading.result()


def _illustrator(
    settings: Settings, alerts: AlertStore, board: Board, recorder: Recorder, clock: Clock
) -> Illustrate | None:
    shown = pictures(settings)
    return None if shown is None else Illustrate(alerts, shown, board, Burn(recorder), clock)


def build_status(
    settings: Settings,
    *,
    source: MetricsSource | None = None,
    clock: Clock | None = None,
    tell: Callable[[float], object] = id,
) -> Callable[[datetime | None], Judgement]:
    """`observatory status`: evaluates the catalog straight from Prometheus, with no database.

    `tell` is told the share that was asked, 0 to 1.

    Raises:
        DefinitionError: the catalog has errors; all of them are named.
    """
    clock = clock or SystemClock()
    catalog = load_catalog(settings)
    entries = tuple(catalog.slos())
    source, servers = source or prometheus(settings), more_servers(settings)
    measure = Measure(source, clock, limits=_PATIENT, servers=servers)
    status = Status(source, measure, clock, settings.tick, settings.lag)
    return lambda at: status.judge(entries, catalog, at=at, tell=tell)


def build_stored_status(settings: Settings, *, clock: Clock | None = None) -> Callable[[], Judgement]:
    """`observatory status --stored`: evaluates the catalog from what a service has measured, as its database has it.

    Raises:
        DefinitionError: the catalog has errors, all of them are named; or the database's address is none.
        NotFound: there is no such database.
    """
    catalog = load_catalog(settings)
    status = StoredStatus(stored_history(settings), clock or SystemClock(), settings.tick, settings.lag)
    return lambda: status(catalog)
