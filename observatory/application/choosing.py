"""Which definitions are meant: SLOs by the names that people give, and a catalog in which a file stands in for others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from observatory.catalog import Catalog, ServiceSlo, parse_catalog
from observatory.catalog.behaviours import behaviours
from observatory.catalog.written import nearest_to
from observatory.errors import NotFound


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is meant of a catalog."""

    catalog: Catalog
    slos: tuple[ServiceSlo, ...]
    behaviours: tuple[ServiceSlo, ...] = ()


def choose_all(catalog: Catalog, names: Sequence[str]) -> Chosen:
    """The SLOs and behaviours of these services, and with these ids (`playlist/behaviour:saves`); all when none are named.

    Raises:
        NotFound: see `choose`.
    """
    beside = {entry.id: entry for entry in behaviours(catalog)}
    of_slos = [name for name in names if name not in beside]
    slos = choose(catalog, of_slos) if of_slos or not names else ()
    wanted = {
        entry.id for entry in beside.values() if not names or {entry.id, entry.service.name} & set(names)
    }
    return Chosen(catalog, slos, tuple(entry for name, entry in beside.items() if name in wanted))


def choose(catalog: Catalog, names: Sequence[str]) -> tuple[ServiceSlo, ...]:
    """The SLOs of these services (`playlist`) and with these ids (`playlist/latency`), by id; all when none are named.

    Raises:
        NotFound: the catalog has no SLOs, or lacks some of the names; all of those are told.
    """
    entries = tuple(catalog.slos())
    if not entries:
        raise NotFound("the catalog promises nothing: no service in it has SLOs")
    if not names:
        return entries
    known = {name for entry in entries for name in (entry.id, entry.service.name)}
    if missing := [name for name in names if name not in known]:
        guesses = (nearest_to(name, known) for name in missing)
        told = [
            f"{name} (did you mean {guess}?)" if guess else name
            for name, guess in zip(missing, guesses, strict=True)
        ]
        raise NotFound(f"the catalog has no service with SLOs, and no SLO, named {', '.join(told)}")
    return tuple(entry for entry in entries if {entry.id, entry.service.name} & set(names))


def put_in_place(documents: Mapping[str, bytes], file: str, content: bytes) -> Catalog:
    """The catalog in which one file's services stand in place of those with the same names.

    Args:
        documents: the files of the catalog by name.
        file: the name of the file that stands in, for what is wrong with it.
        content: of that file.

    Raises:
        InvalidCatalog: the result has errors; all of them are named.
        NotFound: the file defines no service.
    """
    present = parse_catalog(documents).catalog
    squads = {squad.place.file for squad in present.squads.values()}
    own = parse_catalog({name: documents[name] for name in squads} | {file: content})
    services = {name for name, service in own.catalog.services.items() if service.place.file == file}
    if not services:
        own.valid()
        raise NotFound(f"{file} defines no service")
    gone = {present.services[name].place.file for name in services if name in present.services}
    kept = {name: text for name, text in documents.items() if name not in gone}
    return parse_catalog(kept | {file: content}).valid()
