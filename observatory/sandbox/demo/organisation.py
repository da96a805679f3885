"""Who works in the demo world: its services, their routes, their users' habits, and who depends on whom."""

from dataclasses import dataclass
from difflib import get_close_matches

from observatory.errors import DefinitionError

BUCKETS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5)
"""Upper bounds of the duration histograms, seconds."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: its share of the service's requests, and how long half of them take at most, seconds."""

    method: str
    path: str
    share: float
    median: float


@dataclass(frozen=True, slots=True)
class DemoService:
    """One simulated microservice. `rate` is requests per second, the mean of a working day."""

    name: str
    rate: float
    routes: tuple[Route, ...]
    behaviour: str
    """Counter of what users do: the successes of the first route."""
    depends_on: tuple[str, ...] = ()
    background: float = 0.0001
    """Share of requests that fail on a good day."""

    @property
    def instance(self) -> str:
        """The `instance` label: stable, whatever port the service found."""
        return f"{self.name}-1"


SERVICES = (
    DemoService(
        "search",
        rate=30,
        routes=(Route("GET", "/search", 0.8, 0.05), Route("GET", "/suggest", 0.2, 0.02)),
        behaviour="searches_total",
    ),
    DemoService(
        "playlist",
        rate=50,
        routes=(
            Route("POST", "/playlists/{id}/tracks", 0.2, 0.06),
            Route("GET", "/playlists/{id}", 0.7, 0.04),
            Route("GET", "/playlists", 0.1, 0.05),
        ),
        behaviour="playlist_saves_total",
        depends_on=("search",),
    ),
    DemoService(
        "collaboration",
        rate=8,
        routes=(
            Route("POST", "/invites", 0.1, 0.05),
            Route("POST", "/sessions/{id}/edits", 0.3, 0.06),
            Route("GET", "/sessions/{id}", 0.6, 0.03),
        ),
        behaviour="collaboration_invites_total",
        depends_on=("playlist",),
    ),
    DemoService(
        "discover",
        rate=15,
        routes=(Route("GET", "/recommendations", 0.3, 0.08), Route("GET", "/home", 0.7, 0.06)),
        behaviour="recommendations_served_total",
        depends_on=("playlist", "search"),
    ),
    DemoService(
        "playback",
        rate=40,
        routes=(Route("POST", "/plays", 0.5, 0.04), Route("GET", "/queue", 0.5, 0.02)),
        behaviour="plays_started_total",
        depends_on=("playlist",),
    ),
    DemoService(
        "lyrics",
        rate=0.2,
        routes=(Route("GET", "/lyrics/{track}", 1.0, 0.05),),
        behaviour="lyrics_views_total",
        depends_on=("playback",),
    ),
)
"""Every service, each after those it depends on."""


def service_named(name: str) -> DemoService:
    """The demo service of that name.

    Raises:
        DefinitionError: there is none; the nearest spelling and the whole list are in the message.
    """
    names = [service.name for service in SERVICES]
    if name in names:
        return SERVICES[names.index(name)]
    near = get_close_matches(name, names, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else "."
    raise DefinitionError(f"no demo service is called {name!r}{meant} There are: {', '.join(sorted(names))}")
