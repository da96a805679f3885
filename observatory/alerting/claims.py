"""What squads claim as theirs (`owns`), by patterns; of several that fit, the most exact one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from observatory.catalog import Catalog, Squad

_WILD = "*?["


@dataclass(frozen=True, slots=True)
class Claim:
    """A squad and the pattern by which it claims something."""

    squad: Squad
    pattern: str

    @property
    def exactness(self) -> tuple[bool, int, str]:
        """Of two claims the greater one wins: without wildcards first, then the one that says more."""
        wild = any(character in self.pattern for character in _WILD)
        return (not wild, sum(character not in _WILD for character in self.pattern), self.squad.name)


def namespace_claim(namespace: str, catalog: Catalog) -> Claim | None:
    """Who claims a Kubernetes namespace."""
    claims = (Claim(squad, written) for squad in catalog.squads.values() for written in squad.owns.namespaces)
    return _most_exact(claims, namespace)


def file_claim(file: str, catalog: Catalog) -> Claim | None:
    """Who claims a file: by a pattern, or else because it lies in the folder of the squad's own definition."""
    claims = (Claim(squad, written) for squad in catalog.squads.values() for written in squad.owns.files)
    return _most_exact(claims, file) or _most_exact(_folders(catalog), file)


def _folders(catalog: Catalog) -> Iterator[Claim]:
    """The folder of each squad's definition, where it shares it with no other squad."""
    homes: dict[str, list[Squad]] = {}
    for squad in catalog.squads.values():
        homes.setdefault(PurePosixPath(squad.place.file).parent.as_posix(), []).append(squad)
    return (
        Claim(squads[0], f"{home}/*") for home, squads in homes.items() if len(squads) == 1 and home != "."
    )


def _most_exact(claims: Iterable[Claim], name: str) -> Claim | None:
    fitting = (claim for claim in claims if fnmatchcase(name, claim.pattern))
    return max(fitting, key=lambda claim: claim.exactness, default=None)
