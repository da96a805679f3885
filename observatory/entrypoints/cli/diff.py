"""`observatory diff`: what a change means for people, for a pull request."""

from typing import Annotated

import typer

from observatory.application.difference import difference
from observatory.bootstrap import revisions
from observatory.entrypoints.cli.options import CatalogFolder, settings_from


def diff(
    base: Annotated[str, typer.Argument(help="The revision before: origin/main.")],
    head: Annotated[str, typer.Argument(help="The revision after.")] = "HEAD",
    catalog: CatalogFolder = None,
) -> None:
    """Say in Markdown what changes between two git revisions, squad by squad: objectives, owners, channels, alerts."""
    folder = settings_from(catalog=catalog).catalog.as_posix()
    typer.echo(difference(revisions(), base=base, head=head, catalog=folder), nl=False)
