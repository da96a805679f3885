"""`observatory check`: are the definitions right?"""

import typer

from observatory.bootstrap import read_catalog
from observatory.catalog import parse_catalog, report
from observatory.entrypoints.cli.options import CatalogFolder, settings_from

EXIT_PROBLEMS = 1


def check(catalog: CatalogFolder = None) -> None:
    """Check every definition and name all that is wrong.

    Exit code 0: nothing is wrong (warnings are no obstacle); 1: there are errors; 2: it could not run.
    """
    parsed = parse_catalog(read_catalog(settings_from(catalog=catalog)))
    if parsed.problems:
        typer.echo(report(parsed.problems))
    if parsed.errors:
        raise typer.Exit(EXIT_PROBLEMS)
    squads, services = len(parsed.catalog.squads), len(parsed.catalog.services)
    slos = sum(1 for _ in parsed.catalog.slos())
    typer.echo(f"{slos} SLOs of {services} services and {squads} squads are right.")
