"""`observatory export`: generated dashboards and rules as plain files for the tool that a company ships with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from observatory.application.export import export
from observatory.bootstrap import folder, load_catalog
from observatory.entrypoints.cli.options import CatalogFolder, settings_from
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.rules import rule_files
from observatory.outputs.shipping import (
    Dashboard,
    ansible_files,
    dashboards_in,
    flat_rule_files,
    git_sync_files,
    provisioned_files,
    terraform_files,
)

app = typer.Typer(
    help="Write dashboards and rules for Git Sync, Terraform, Ansible or file provisioning.",
    no_args_is_help=True,
)

Output = Annotated[
    Path, typer.Option("--output", metavar="DIR", help="A folder for these files, best of their own.")
]


@app.command("gitsync")
def gitsync(output: Output, catalog: CatalogFolder = None) -> None:
    """Dashboards as Grafana's Git Sync reads them from a repository (Grafana 12 and later)."""
    _write(git_sync_files(_dashboards(catalog)), output)


@app.command("terraform")
def terraform(output: Output, catalog: CatalogFolder = None) -> None:
    """A Terraform module of folders and dashboards, for the `grafana` provider."""
    _write(terraform_files(_dashboards(catalog)), output)


@app.command("ansible")
def ansible(output: Output, catalog: CatalogFolder = None) -> None:
    """An Ansible role that copies dashboards and rules to where Grafana and Prometheus read them."""
    settings = settings_from(catalog=catalog)
    definitions = load_catalog(settings)
    rules = flat_rule_files(rule_files(definitions, grafana_url=settings.grafana_url))
    _write(ansible_files(dashboards_in(dashboard_files(definitions)), rules), output)


@app.command("files")
def files(
    output: Output,
    catalog: CatalogFolder = None,
    path: Annotated[
        str, typer.Option(help="Where DIR/dashboards will lie on Grafana's machine.")
    ] = "/var/lib/grafana/dashboards",
) -> None:
    """Dashboards and the provider file for Grafana's file provisioning."""
    _write(provisioned_files(_dashboards(catalog), path=path), output)


def _dashboards(catalog: Path | None) -> tuple[Dashboard, ...]:
    return dashboards_in(dashboard_files(load_catalog(settings_from(catalog=catalog))))


def _write(written: Mapping[str, str], output: Path) -> None:
    drift = export(written, folder(output))
    for difference in drift.differences:
        typer.echo(f"{output / difference.path}: was {difference.kind}")
    typer.echo(f"{len(written)} files are current, {len(drift.differences)} of them were not.")
