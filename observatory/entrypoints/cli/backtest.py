"""`observatory backtest`: what would the definitions have told people?"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from observatory.application.choosing import choose_all, put_in_place
from observatory.bootstrap import build_backtest, load_catalog, load_catalog_at, read_catalog, system_clock
from observatory.catalog import Catalog, Remembered, parse_remembered
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
from observatory.errors import DefinitionError, NotFound, Refused
from observatory.outputs.backtest import (
    Backtested,
    Side,
    as_json,
    as_markdown,
    as_text,
    timeline_html,
    timeline_png,
)
from observatory.settings import Settings


class Form(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


_WRITTEN: dict[Form, Callable[[Backtested], str]] = {
    Form.TEXT: as_text,
    Form.JSON: as_json,
    Form.MARKDOWN: as_markdown,
}
_DRAWN: dict[str, Callable[[Backtested], bytes]] = {
    ".html": lambda result: timeline_html(result).encode(),
    ".png": timeline_png,
}


def backtest(  # noqa: PLR0913, PLR0917 - one for each option
    catalog: CatalogFolder = None,
    prometheus: PrometheusUrl = None,
    slo: ChosenSlos = None,
    length: PastLength = "30d",
    until: PastUntil = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|FOLDER|REVISION",
            help="Compare with other definitions: a file in place of those it defines, another catalog, a git revision.",
        ),
    ] = None,
    incidents: Annotated[
        Path | None,
        typer.Option(help="Incidents that people remember, in YAML or CSV, to be judged against."),
    ] = None,
    stored: FromStore = False,  # noqa: FBT002 - typer makes it a flag
    form: Annotated[Form, typer.Option("--format", help="How the result is written.")] = Form.TEXT,
    chart: Annotated[
        list[Path] | None, typer.Option(help="Draw a timeline into this .html or .png; may be repeated.")
    ] = None,
) -> None:
    """Replay definitions over the past: the pages and tickets that they would have sent, through the code of a tick."""
    settings = settings_from(catalog=catalog, prometheus_url=prometheus)
    drawings = [(path, _drawing(path)) for path in chart or ()]
    definitions = {"catalog": load_catalog(settings)}
    if against is not None:
        definitions[against] = _other(settings, against)
    remembered = None if incidents is None else _remembered(incidents, definitions["catalog"])
    span = span_until(length, until, newest=system_clock().now() - settings.lag)
    versions = [choose_all(one, slo or ()) for one in definitions.values()]
    with progress("Replaying") as tell:
        results = build_backtest(settings, stored=stored)(versions, span, tell=tell)
    now, *others = (
        Side(name, found.replays, found.failures) for name, found in zip(definitions, results, strict=True)
    )
    result = Backtested(
        _moment(span.after),
        _moment(span.until),
        now,
        next(iter(others), None),
        remembered=remembered,
        silences_known=stored,
    )
    typer.echo(_WRITTEN[form](result), nl=False)
    for path, draw in drawings:
        _save(path, draw(result))


def _other(settings: Settings, name: str) -> Catalog:
    """What stands under this name: a folder, a file, and else a revision."""
    path = Path(name)
    if path.is_dir():
        return load_catalog(settings.model_copy(update={"catalog": path}))
    if path.is_file():
        return put_in_place(read_catalog(settings), name, _content(path, "--against"))
    if path.suffix in (".yml", ".yaml"):
        raise NotFound(f"--against {name}: there is no such file")
    return load_catalog_at(settings, name)


def _remembered(path: Path, catalog: Catalog) -> Sequence[Remembered]:
    return parse_remembered(path.as_posix(), _content(path, "--incidents"), catalog)


def _content(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DefinitionError(f"{option} {path} can't be read: {error.strerror}") from error


def _drawing(path: Path) -> Callable[[Backtested], bytes]:
    """How to draw into this file, known before any work is done."""
    if path.suffix not in _DRAWN:
        raise DefinitionError(f"--chart {path}: a timeline is drawn into {' or '.join(_DRAWN)}")
    if not path.absolute().parent.is_dir():
        raise DefinitionError(f"--chart {path}: there is no folder {path.parent}")
    return _DRAWN[path.suffix]


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror}", code="write") from error


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
