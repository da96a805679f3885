"""Options that several commands share, and how they become settings."""

from pathlib import Path
from typing import Annotated, Any

import typer

from observatory.settings import Settings

CatalogFolder = Annotated[
    Path | None,
    typer.Option("--catalog", help="Folder of definitions; else OBSERVATORY_CATALOG, else catalog."),
]
PrometheusUrl = Annotated[
    str | None,
    typer.Option("--prometheus", help="Prometheus's address; else OBSERVATORY_PROMETHEUS_URL."),
]
ChosenSlos = Annotated[
    list[str] | None, typer.Option("--slo", help="A service, or service/slo; may be repeated. Else all.")
]
PastLength = Annotated[str, typer.Option("--length", metavar="LENGTH", help="How much of the past.")]
PastUntil = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Where it ends (ISO 8601 or Unix seconds); else now."),
]
FromStore = Annotated[
    bool, typer.Option("--stored", help="Take hours before the span from the service's database.")
]


def settings_from(**given: Any) -> Settings:  # Any: each setting has a type of its own, which pydantic checks
    """The environment's settings, with options given on the command line in their place."""
    return Settings(**{name: value for name, value in given.items() if value is not None})
