"""`observatory dev slack`: a Slack to develop against."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from observatory.bootstrap import read_catalog
from observatory.catalog import Squad, parse_catalog
from observatory.entrypoints.cli.options import CatalogFolder, settings_from
from observatory.errors import DefinitionError
from observatory.sandbox.slack import RequestUrl, serve

app = typer.Typer(help="Stand-ins to develop against.", no_args_is_help=True)


@app.callback()
def _dev() -> None:
    """Keeps `slack` a command of its own; typer would take a lone one for the whole application."""


@app.command()
def slack(  # noqa: PLR0913, PLR0917 - one for each option
    catalog: CatalogFolder = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 finds a free one.")] = 8700,
    file: Annotated[Path | None, typer.Option(help="Keep the workspace in this file.")] = None,
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where browsers find it, when not where it listens.")
    ] = None,
    interactions: Annotated[
        str | None, typer.Option(metavar="URL", help="Where pressed buttons go: …/slack/interactions.")
    ] = None,
    signing_secret: Annotated[
        str | None, typer.Option(help="Signs pressed buttons; else OBSERVATORY_SLACK_SIGNING_SECRET.")
    ] = None,
) -> None:
    """Run a development Slack with the catalog's channels and a page that shows them."""
    settings = settings_from(catalog=catalog, slack_signing_secret=signing_secret)
    squads = parse_catalog(read_catalog(settings)).valid().squads.values()
    target = _request_url(interactions, settings.slack_signing_secret)
    serve(host, port, channels=channel_names(squads), file=file, request_url=target, public_url=public_url)


def _request_url(url: str | None, secret: SecretStr | None) -> RequestUrl | None:
    if url is None:
        return None
    if secret is None:
        raise DefinitionError(
            "--interactions needs a secret that Observatory knows as well: --signing-secret, or"
            " OBSERVATORY_SLACK_SIGNING_SECRET"
        )
    return RequestUrl(url, secret.get_secret_value())


def channel_names(squads: Iterable[Squad]) -> dict[str, str]:
    """The channels that a catalog speaks of, name by id: a squad's own after the squad, a fallback after its use."""
    squads = list(squads)
    shared = {squad.slack.fallback: "on-call" for squad in squads if squad.slack.fallback}
    return shared | {squad.slack.channel: squad.name for squad in squads}
