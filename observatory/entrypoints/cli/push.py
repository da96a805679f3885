"""`observatory push`: dashboards into Grafana, rules into Prometheus or a ruler."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from observatory.application.push import (
    Fate,
    Outcome,
    Permissions,
    push_dashboards,
    push_rule_files,
    push_rule_groups,
)
from observatory.bootstrap import folder, load_catalog, rule_loader
from observatory.bootstrap import grafana as dashboard_server
from observatory.bootstrap import ruler as rule_group_server
from observatory.catalog import Catalog
from observatory.entrypoints.cli.options import CatalogFolder, settings_from
from observatory.errors import DefinitionError, NotFound
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.rules import rule_files
from observatory.outputs.shipping import dashboards_in, flat_rule_files, rule_groups

EXIT_DRIFT = 1
EXIT_REFUSED = 2
_DONE = (Fate.CREATED, Fate.UPDATED, Fate.REMOVED)


def push(  # noqa: PLR0913, PLR0917 - an option each
    catalog: CatalogFolder = None,
    grafana: Annotated[
        str | None, typer.Option(metavar="URL", help="Push dashboards here; needs OBSERVATORY_GRAFANA_TOKEN.")
    ] = None,
    prometheus_rules: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write rule files here, where Prometheus reads DIR/*.yml; needs --reload."
        ),
    ] = None,
    reload: Annotated[
        str | None, typer.Option(metavar="URL", help="The Prometheus that reads them and reloads.")
    ] = None,
    ruler: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Push rules to Mimir or Cortex: …/prometheus/config/v1/rules."),
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="The ruler's tenant (X-Scope-OrgID).")] = None,
    squad: Annotated[str | None, typer.Option(help="This squad's dashboards only.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done.")] = False,  # noqa: FBT002
    force: Annotated[bool, typer.Option("--force", help="Overwrite what others edited.")] = False,  # noqa: FBT002
    prune: Annotated[  # noqa: FBT002 - typer makes each of them a flag
        bool, typer.Option("--prune", help="Remove dashboards of ours that are gone from the catalog.")
    ] = False,
) -> None:
    """Bring Grafana, Prometheus or a ruler up to date with the catalog.

    Exit code 0: they are; 1: somebody else changed something, which was left alone; 2: something was refused.
    """
    if (prometheus_rules is None) != (reload is None):
        raise DefinitionError("--prometheus-rules DIR and --reload URL go together")
    if squad is not None and (grafana is None or prometheus_rules is not None or ruler is not None):
        raise DefinitionError(
            "--squad goes with --grafana alone: the organisation's rules work on every service's"
        )
    settings = settings_from(catalog=catalog)
    definitions = load_catalog(settings)
    _check_squad(squad, definitions)
    may = Permissions(dry_run=dry_run, force=force, prune=prune)
    rules = rule_files(definitions, grafana_url=settings.grafana_url)
    fates: Counter[Fate] = Counter()
    if grafana is not None:
        dashboards = dashboards_in(dashboard_files(definitions))
        server = dashboard_server(settings, grafana)
        fates += _told(push_dashboards(dashboards, server, squad=squad, may=may), may)
    if prometheus_rules is not None and reload is not None:
        loader, files = rule_loader(settings, reload), folder(prometheus_rules)
        fates += _told(push_rule_files(flat_rule_files(rules), files, loader, may=may), may)
    if ruler is not None:
        groups = rule_group_server(settings, ruler, tenant=tenant)
        fates += _told(push_rule_groups(rule_groups(rules), groups, may=may), may)
    _finish(fates)


def _check_squad(squad: str | None, catalog: Catalog) -> None:
    if squad is not None and squad not in catalog.squads:
        raise NotFound(f"the catalog has no squad {squad!r}; it has {', '.join(sorted(catalog.squads))}")


def _told(outcomes: Iterable[Outcome], may: Permissions) -> Counter[Fate]:
    """Say each as it comes, so that what was done is known when something ends the rest."""
    fates: Counter[Fate] = Counter()
    for outcome in outcomes:
        fates[outcome.fate] += 1
        if outcome.fate is not Fate.UNCHANGED:
            would = "would be " if may.dry_run and outcome.fate in _DONE else ""
            why = f": {outcome.why}" if outcome.why else ""
            typer.echo("\n  ".join([f"{outcome.what}: {would}{outcome.fate}{why}", *outcome.changes]))
    return fates


def _finish(fates: Counter[Fate]) -> None:
    if not fates:
        raise DefinitionError(
            "say where to push: --grafana URL, --prometheus-rules DIR with --reload URL, or --ruler URL"
        )
    typer.echo(", ".join(f"{fates[fate]} {fate}" for fate in Fate if fates[fate]) + ".")
    if fates[Fate.DRIFTED]:
        typer.echo("Bring the edit into the catalog, or overwrite it with --force.")
    if fates[Fate.REFUSED]:
        raise typer.Exit(EXIT_REFUSED)
    if fates[Fate.DRIFTED]:
        raise typer.Exit(EXIT_DRIFT)
