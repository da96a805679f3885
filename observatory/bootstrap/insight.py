"""What looks at the past: backtests and suggestions, straight from Prometheus."""

from datetime import timedelta
from pathlib import PurePosixPath

from observatory.adapters.clock import SystemClock
from observatory.adapters.git import Revisions
from observatory.application.backtest import Backtest
from observatory.application.measure import Measure
from observatory.application.past import Past
from observatory.application.ports import Clock, MetricsSource
from observatory.application.rounds import Limits
from observatory.application.suggest import Suggest
from observatory.bootstrap.metrics import more_servers, prometheus
from observatory.bootstrap.storage import stored_history, stored_silences
from observatory.catalog import Catalog, parse_catalog
from observatory.errors import NotFound
from observatory.settings import Settings

PATIENT = Limits(query=timedelta(minutes=2), round=timedelta(minutes=15), at_once=2)
"""For the past, which may take its time: nobody is paged by it."""


def build_past(
    settings: Settings,
    *,
    stored: bool = False,
    source: MetricsSource | None = None,
    clock: Clock | None = None,
) -> Past:
    """What SLOs counted, from Prometheus; `stored`: with the hours that a service has kept in the database of the settings.

    Raises:
        DefinitionError: the database's address is none.
        NotFound: there is no such database.
    """
    source = source or prometheus(settings)
    measure = Measure(source, clock or SystemClock(), limits=PATIENT, servers=more_servers(settings))
    store = stored_history(settings) if stored else None
    return Past(measure, int(settings.tick.total_seconds()), store, source)


def build_backtest(
    settings: Settings,
    *,
    stored: bool = False,
    source: MetricsSource | None = None,
    clock: Clock | None = None,
) -> Backtest:
    """`observatory backtest`; see `build_past`."""
    past = build_past(settings, stored=stored, source=source, clock=clock)
    return Backtest(past, settings.lag, stored_silences(settings) if stored else lambda _: ())


def build_suggest(
    settings: Settings,
    *,
    stored: bool = False,
    source: MetricsSource | None = None,
    clock: Clock | None = None,
) -> Suggest:
    """`observatory suggest`; see `build_past`."""
    source = source or prometheus(settings)
    past = build_past(settings, stored=stored, source=source, clock=clock)
    return Suggest(past, source, settings.lag)


def load_catalog_at(settings: Settings, revision: str) -> Catalog:
    """The catalog as it was at a git revision.

    Raises:
        NotFound: there is no such revision, or no catalog in it.
        Unavailable: the catalog's folder is in no git repository, or git is not there.
        DefinitionError: it has errors; all of them are named.
    """
    folder = settings.catalog.as_posix()
    files = Revisions(settings.catalog).files(revision, ["."])
    documents = {
        f"{revision}:{folder}/{path}": content
        for path, content in files.items()
        if PurePosixPath(path).suffix in (".yml", ".yaml")
    }
    if not documents:
        raise NotFound(f"{revision} has no definitions in {folder}")
    return parse_catalog(documents).valid()
