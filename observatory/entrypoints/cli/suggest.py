"""`observatory suggest`: which objective does the past support?"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from observatory.application.choosing import choose
from observatory.bootstrap import build_suggest, load_catalog, system_clock
from observatory.entrypoints.cli.options import (
    CatalogFolder,
    ChosenSlos,
    FromStore,
    PastLength,
    PastUntil,
    PrometheusUrl,
    settings_from,
)
from observatory.entrypoints.cli.spans import progress, span_until
from observatory.outputs.suggestion import Suggestion, as_json, as_text, as_yaml


class Form(StrEnum):
    """How suggestions are written."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


_WRITTEN: dict[Form, Callable[[Sequence[Suggestion]], str]] = {
    Form.TEXT: as_text,
    Form.JSON: as_json,
    Form.YAML: as_yaml,
}


def suggest(  # noqa: PLR0913, PLR0917 - one for each option
    catalog: CatalogFolder = None,
    prometheus: PrometheusUrl = None,
    slo: ChosenSlos = None,
    length: PastLength = "30d",
    until: PastUntil = None,
    stored: FromStore = False,  # noqa: FBT002 - typer makes it a flag
    form: Annotated[Form, typer.Option("--format", help="How suggestions are written.")] = Form.TEXT,
) -> None:
    """Propose objectives from the past: what was kept, as a budget in events, and what it would have told."""
    settings = settings_from(catalog=catalog, prometheus_url=prometheus)
    entries = choose(load_catalog(settings), slo or ())
    span = span_until(length, until, newest=system_clock().now() - settings.lag)
    with progress("Measuring") as tell:
        found = tuple(build_suggest(settings, stored=stored)(entries, span, tell=tell))
    typer.echo(_WRITTEN[form](found), nl=False)
