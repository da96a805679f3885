"""The routing tree of an Alertmanager configuration, ours or one written by hand."""

import re
from datetime import timedelta
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from observatory.alerting.routes import Operator, Route, RouteMatcher, read_matchers
from observatory.errors import DefinitionError

_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_UNITS = (
    timedelta(days=365),
    timedelta(weeks=1),
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(seconds=1),
    timedelta(milliseconds=1),
)


def read_routes(text: str, *, file: str) -> Route:
    """The root route of a configuration, every route with what it inherits filled in.

    Args:
        text: the YAML of the whole configuration; other keys than `route` are passed over.
        file: its name, for errors.

    Raises:
        DefinitionError: it is no such configuration; every problem of its routes is named.
    """
    try:
        document = yaml.load(text, Loader=yaml.CSafeLoader)
        written = _Configuration.model_validate(document)
    except yaml.YAMLError as error:
        raise DefinitionError(f"{file}: not YAML: {error}") from error
    except ValidationError as error:
        problems = [f"{file}: {_where(one['loc'])}: {one['msg']}" for one in error.errors()]
        raise DefinitionError("\n".join(problems)) from error
    except RecursionError as error:
        raise DefinitionError(f"{file}: routes are nested too deeply") from error
    if written.route.receiver is None:
        raise DefinitionError(f"{file}: route: the root route names no receiver; every other one inherits it")
    return _filled_in(written.route, Route(receiver=written.route.receiver))


def _duration(value: object) -> timedelta:
    """`1h30m`, as Prometheus writes durations."""
    found = _DURATION.fullmatch(str(value))
    if found is None or not str(value):
        raise ValueError(f"{value!r} is no duration, such as 30s or 1h30m")
    return sum(
        (int(count or 0) * unit for count, unit in zip(found.groups(), _UNITS, strict=True)), timedelta()
    )


def _matchers(value: object) -> tuple[RouteMatcher, ...]:
    """A list of texts, each with one matcher or several."""
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ValueError('matchers are a list of texts, such as ["severity=\\"page\\""]')
    try:
        return tuple(matcher for line in lines for matcher in read_matchers(line))
    except DefinitionError as error:
        raise ValueError(str(error)) from error


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Matchers = Annotated[Any, BeforeValidator(_matchers)]


class _Route(BaseModel):
    receiver: str | None = None
    match: dict[str, str] = Field(default_factory=dict)
    match_re: dict[str, str] = Field(default_factory=dict)
    matchers: Matchers = ()
    goes_on: bool = Field(default=False, alias="continue")
    routes: list["_Route"] = Field(default_factory=list)
    group_by: list[str] | None = None
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    repeat_interval: Duration | None = None
    active_time_intervals: list[str] = Field(default_factory=list)
    mute_time_intervals: list[str] = Field(default_factory=list)

    def every_matcher(self) -> tuple[RouteMatcher, ...]:
        """Of all three notations."""
        equal = (RouteMatcher(label, Operator.EQUAL, value) for label, value in self.match.items())
        regex = (RouteMatcher(label, Operator.REGEX, value) for label, value in self.match_re.items())
        return (*equal, *regex, *self.matchers)


class _Configuration(BaseModel):
    route: _Route


def _filled_in(written: _Route, parent: Route) -> Route:
    """Times are not inherited, and neither are matchers and `continue`."""
    this = Route(
        receiver=written.receiver or parent.receiver,
        matchers=written.every_matcher(),
        goes_on=written.goes_on,
        group_by=parent.group_by if written.group_by is None else tuple(written.group_by),
        group_wait=_or(written.group_wait, parent.group_wait),
        group_interval=_or(written.group_interval, parent.group_interval),
        repeat_interval=_or(written.repeat_interval, parent.repeat_interval),
        active_times=tuple(written.active_time_intervals),
        mute_times=tuple(written.mute_time_intervals),
    )
    return this.with_routes(tuple(_filled_in(child, this) for child in written.routes))


def _or(own: timedelta | None, inherited: timedelta) -> timedelta:
    return inherited if own is None else own


def _where(location: tuple[int | str, ...]) -> str:
    """`route.routes[2].matchers`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
