"""`observatory generate`: dashboards, rules and Alertmanager's routes from the catalog."""

from pathlib import Path
from typing import Annotated

import typer

from observatory.application.generate import FOLDERS, compare, read_generated, write_generated
from observatory.application.generate import generate as render
from observatory.bootstrap import around_alertmanager, folder, load_catalog
from observatory.entrypoints.cli.options import CatalogFolder, settings_from

EXIT_DRIFT = 1


def generate(
    catalog: CatalogFolder = None,
    output: Annotated[
        Path, typer.Option(help="Folder that holds dashboards/, alert_rules/, alertmanager/.")
    ] = Path(),
    check: Annotated[  # noqa: FBT002 - typer makes it a flag
        bool, typer.Option("--check", help="Write nothing; exit 1 when a file is not current.")
    ] = False,
) -> None:
    """Write Grafana dashboards, Prometheus rules and Alertmanager routes for every squad, or check that they are current."""
    settings = settings_from(catalog=catalog)
    folders = {name: folder(output / name) for name in FOLDERS}
    rendered = render(
        load_catalog(settings), grafana_url=settings.grafana_url, around=around_alertmanager(settings)
    )
    drift = compare(rendered, read_generated(folders))
    if check:
        typer.echo(str(drift))
        raise typer.Exit(EXIT_DRIFT if drift else 0)
    write_generated(rendered, drift, folders)
    for difference in drift.differences:
        typer.echo(f"{difference.path}: was {difference.kind}")
    typer.echo(f"{len(rendered)} files are current, {len(drift.differences)} of them were not.")
