"""`observatory check`: may this land?"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from observatory.application.check import Checked, Report, Run, every_rule
from observatory.application.check import check as find
from observatory.application.check_live import ask
from observatory.application.check_measured import measured
from observatory.application.check_presence import present
from observatory.application.generate import FOLDERS, read_generated
from observatory.application.presence import Presence
from observatory.bootstrap import (
    around_alertmanager,
    build_status,
    folder,
    more_servers,
    promtool,
    read_catalog,
    system_clock,
)
from observatory.bootstrap import prometheus as prometheus_source
from observatory.catalog import Catalog
from observatory.entrypoints.cli.options import CatalogFolder, PrometheusUrl, settings_from
from observatory.errors import DefinitionError
from observatory.outputs.findings import Finding, Format, Level, in_force, rendered
from observatory.outputs.lint import seconds_of
from observatory.settings import Settings

EXIT_PROBLEMS = 1
_MANY_FILES = 300
_PROCESSES = 2


def check(  # noqa: PLR0913, PLR0917 - one for each option
    catalog: CatalogFolder = None,
    output: Annotated[
        Path, typer.Option(help="Folder that holds dashboards/, alert_rules/, alertmanager/.")
    ] = Path(),
    form: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
    metrics: Annotated[
        list[Path] | None,
        typer.Option(help="What an exporter exposes; with it, unknown metrics are found. May be repeated."),
    ] = None,
    prometheus: PrometheusUrl = None,
    retention: Annotated[
        str | None,
        typer.Option(help="How long Prometheus remembers, such as 15d; finds what looks further back."),
    ] = None,
    tests: Annotated[  # noqa: FBT002 - typer makes it a flag
        bool, typer.Option("--tests", help="Run the generated unit tests of rules, too.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,  # noqa: FBT002 - typer makes it a flag
) -> None:
    """Check definitions, generated files, dashboards and rules, and name all that is wrong.

    Exit code 0: nothing is wrong (warnings are no obstacle); 1: there are errors; 2: it could not run.
    """
    settings = settings_from(catalog=catalog, prometheus_url=prometheus)
    given = Checked(
        definitions=read_catalog(settings),
        generated=read_generated({name: folder(output / name) for name in FOLDERS}),
        root="" if output == Path() else f"{output.as_posix()}/",
        exporters=[_text(path) for path in metrics or ()],
        retention=_length(retention),
        every_test=tests,
        grafana_url=settings.grafana_url,
        around=around_alertmanager(settings),
    )
    now = system_clock().now()
    live = None if prometheus is None else _live(settings, given)
    with _runner(len(given.generated)) as run:
        report = find(given, today=now.date(), run=run, promtool=promtool(), more=live)
    _tell(report, form, generated=bool(given.generated))
    found = in_force(report.findings)
    if any(strict or finding.level is Level.ERROR for finding in found):
        raise typer.Exit(EXIT_PROBLEMS)


@contextmanager
def _runner(files: int) -> Iterator[Run]:
    """Processes of their own only where they are worth their start."""
    if files < _MANY_FILES:
        yield map
        return
    with ProcessPoolExecutor(_PROCESSES) as pool:
        yield pool.map


def _live(settings: Settings, given: Checked) -> Callable[[Catalog], Iterable[Finding]]:
    def look(catalog: Catalog) -> Iterator[Finding]:
        usual, now = prometheus_source(settings), system_clock().now()
        yield from ask(given.generated, usual, now=now)
        evaluation = build_status(settings)(None).evaluation
        yield from measured(evaluation)
        presence = Presence({"": usual, **more_servers(settings)}, now)
        yield from present(evaluation, catalog, presence, folder=settings.catalog.as_posix())

    return look


def _length(text: str | None) -> timedelta | None:
    if text is None:
        return None
    seconds = seconds_of(text)
    if not seconds:
        raise DefinitionError(
            f"--retention {text} is no length of time: write it as Prometheus does, such as 15d"
        )
    return timedelta(seconds=seconds)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"--metrics {path} can't be read: {error}") from error


def _tell(report: Report, form: Format, *, generated: bool) -> None:
    text = rendered(report.findings, form, rules=every_rule())
    if text:
        typer.echo(text)
    if form is Format.TEXT and not any(f.level is Level.ERROR for f in in_force(report.findings)):
        squads, services = len(report.catalog.squads), len(report.catalog.services)
        slos = sum(1 for _ in report.catalog.slos())
        typer.echo(f"{slos} SLOs of {services} services and {squads} squads are right.")
        files = f"{report.dashboards} dashboards and {report.rule_files} rule files are right."
        typer.echo(
            files if generated else "No dashboards and rules lie here: `observatory generate` writes them."
        )
