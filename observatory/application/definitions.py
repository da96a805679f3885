"""The catalog as it is now: read again before each tick; only files that changed are parsed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from observatory.catalog import Catalog, CatalogParser
from observatory.errors import ObservatoryError

_log = structlog.get_logger("observatory.definitions")


@dataclass(slots=True)
class Definitions:
    """Keeps the last catalog that was right: a mistake in one file must not stop anybody's alerts."""

    read: Callable[[], Mapping[str, bytes]]
    """The content of every file, by name."""
    catalog: Catalog = field(default_factory=Catalog)
    problem: str | None = None
    """Why the files of this moment could not be used; the catalog before them stays in force."""
    _documents: Mapping[str, bytes] | None = field(default=None, init=False)
    _parse: CatalogParser = field(default_factory=CatalogParser, init=False)

    def load(self) -> Catalog:
        """Read the files, and parse them when they have changed.

        Raises:
            InvalidCatalog: they have errors; every problem is in it.
            NotFound: there are none.
        """
        documents = self.read()
        if documents != self._documents:
            self.catalog = self._parse(documents).valid()
            self._documents = documents
        return self.catalog

    def refresh(self) -> Catalog:
        """The newest catalog that is right; `problem` says what is wrong with a newer one."""
        try:
            self.load()
        except ObservatoryError as error:
            if self.problem != str(error):
                _log.error("catalog_is_wrong", error=str(error), in_force="the last one that was right")
            self.problem = str(error)
        else:
            self.problem = None
        return self.catalog
