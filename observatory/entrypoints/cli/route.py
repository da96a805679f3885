"""`observatory route`: where alerts go, whether that is as expected, what is not covered, and what a change moves."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from observatory.alerting import Rules
from observatory.alerting.expectations import Judged, judge, read_expectations
from observatory.alerting.routing import route
from observatory.application.routes import catalog_at
from observatory.bootstrap import (
    channel_reach,
    folder_of_definitions,
    load_catalog,
    owner_rules,
    read_catalog,
    revisions,
    system_clock,
)
from observatory.catalog import Catalog, parse_catalog
from observatory.catalog.written import nearest_to
from observatory.entrypoints.cli.options import CatalogFolder, settings_from
from observatory.entrypoints.cli.routes_shown import show_judged, show_route
from observatory.errors import DefinitionError, NotFound
from observatory.outputs.findings import Format, Level, rendered
from observatory.outputs.routes import (
    COVERAGE_RULES,
    Reach,
    changes_json,
    coverage,
    describe_routes,
    judged_json,
    judged_junit,
    route_json,
    written_channels,
)
from observatory.settings import Settings

app = typer.Typer(help="Explain, test and compare where alerts go.", no_args_is_help=True)
EXIT_PROBLEMS = 1

CatchAll = Annotated[
    str | None,
    typer.Option("--catch-all", help="Channel of last resort; else OBSERVATORY_CATCH_ALL_CHANNEL."),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


class ResultFormat(StrEnum):
    """How results of expectations are written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


@app.command()
def explain(
    target: Annotated[
        list[str],
        typer.Argument(metavar="TARGET…", help="A service, service/slo, or labels: namespace=search job=x."),
    ],
    catalog: CatalogFolder = None,
    catch_all: CatchAll = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it a flag
) -> None:
    """Say who is told of an alert, where and when, who is called next, and which rule says so."""
    settings = settings_from(catalog=catalog, catch_all_channel=catch_all)
    definitions, now = load_catalog(settings), system_clock().now()
    found = route(_labels(target, definitions), definitions, owner_rules(settings))
    if as_json:
        typer.echo(json.dumps(route_json(found, now=now), indent=2, ensure_ascii=False))
    else:
        show_route(found, now=now)


@app.command("test")
def compare(
    file: Annotated[Path, typer.Argument(help="Labels, and who should hear of them (YAML).")],
    catalog: CatalogFolder = None,
    catch_all: CatchAll = None,
    form: Annotated[
        ResultFormat, typer.Option("--format", help="How results are written.")
    ] = ResultFormat.TEXT,
) -> None:
    """Check a table of labels against where their alerts go. Exit code 1: one goes elsewhere."""
    settings = settings_from(catalog=catalog, catch_all_channel=catch_all)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DefinitionError(f"{file} can't be read: {error}") from error
    definitions, rules = load_catalog(settings), owner_rules(settings)
    judged = [judge(one, definitions, rules) for one in read_expectations(str(file), content)]
    _tell(judged, form)
    if any(one.differences for one in judged):
        raise typer.Exit(EXIT_PROBLEMS)


@app.command("coverage")
def covered(
    catalog: CatalogFolder = None,
    catch_all: CatchAll = None,
    slack: Annotated[bool, typer.Option("--slack", help="Ask Slack about every channel.")] = False,  # noqa: FBT002 - typer makes it a flag
    form: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,  # noqa: FBT002 - typer makes it a flag
) -> None:
    """Find what alerts could fall through: no owner, no fallback, nobody to escalate to, a channel that is gone."""
    settings = settings_from(catalog=catalog, catch_all_channel=catch_all)
    parsed, rules = parse_catalog(read_catalog(settings)), owner_rules(settings)
    channels = _asked(settings, parsed.catalog, rules) if slack else None
    found = coverage(parsed, rules, channels=channels)
    text = rendered(found, form, rules=COVERAGE_RULES)
    if text:
        typer.echo(text)
    if form is Format.TEXT and not found:
        typer.echo("Every alert has somebody to go to.")
    if any(strict or finding.level is Level.ERROR for finding in found):
        raise typer.Exit(EXIT_PROBLEMS)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A folder of definitions, or a git revision: origin/main.")],
    new: Annotated[str, typer.Argument(help="The same of afterwards.")] = "HEAD",
    catalog: CatalogFolder = None,
    catch_all: CatchAll = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it a flag
) -> None:
    """Say in Markdown which alerts go elsewhere: owners, channels, hours, who is called."""
    settings = settings_from(catalog=catalog, catch_all_channel=catch_all)
    history, below = revisions(), settings.catalog.as_posix()
    before, after = (
        catalog_at(where, folders=folder_of_definitions, history=history, catalog=below)
        for where in (old, new)
    )
    rules = owner_rules(settings)
    if as_json:
        typer.echo(json.dumps(changes_json(before, after, rules), indent=2, ensure_ascii=False))
    else:
        typer.echo(describe_routes(before, after, rules), nl=False)


def _labels(target: Sequence[str], catalog: Catalog) -> Mapping[str, str]:
    """Labels as they are written; a name alone is a service's, with or without its SLO's.

    Raises:
        NotFound: there is no such service or SLO.
    """
    labels: dict[str, str] = {}
    for word in target:
        name, equals, value = word.partition("=")
        labels |= {name: value} if equals else _named(word, catalog)
    return labels


def _named(word: str, catalog: Catalog) -> Mapping[str, str]:
    service, _, slo = word.partition("/")
    known = catalog.services.get(service)
    if known is not None and slo in ("", *(one.name for one in known.slos)):
        return {"service": service} | ({"slo": word} if slo else {})
    names = [*catalog.services, *(entry.id for entry in catalog.slos())]
    near = nearest_to(word, names)
    hint = f"; did you mean {near}?" if near else ""
    raise NotFound(f"There is no service or SLO {word!r}{hint} Labels are written name=value.")


def _asked(settings: Settings, catalog: Catalog, rules: Rules) -> Mapping[str, Reach]:
    reach = channel_reach(settings)
    return {channel: reach(channel) for channel in written_channels(catalog, rules)}


def _tell(judged: Sequence[Judged], form: ResultFormat) -> None:
    match form:
        case ResultFormat.JSON:
            now = system_clock().now()
            typer.echo(json.dumps(judged_json(judged, now=now), indent=2, ensure_ascii=False))
        case ResultFormat.JUNIT:
            typer.echo(judged_junit(judged))
        case ResultFormat.TEXT:
            show_judged(judged)
