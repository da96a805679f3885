"""What would reach nobody, or nobody else: services without an owner, squads without a way around a dead channel."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from observatory.alerting import Rules
from observatory.catalog import Catalog, ParsedCatalog, Place, Squad
from observatory.outputs.findings import Finding, Level, ordered

COVERAGE_RULES: Mapping[str, str] = {
    "no-owner": "Every service has an owner.",
    "no-catch-all": "There is a channel of last resort.",
    "no-fallback": "Every squad has a channel to fall back to.",
    "same-fallback": "A fallback is another channel.",
    "no-escalation": "A page that nobody acknowledges calls somebody else.",
    "same-escalation": "An escalation calls somebody else.",
    "no-mention": "A page calls somebody by name.",
    "channel-name": "Channels are given by their ids.",
    "no-slo": "A service has an SLO, else nothing of it ever alerts.",
    "channel": "Every channel exists, is not archived, and has the app in it.",
}


class Reach(StrEnum):
    """Whether Slack lets us post to a channel."""

    JOINED = "joined"
    PUBLIC = "public"
    """Not joined, and may be posted to with `chat:write.public`."""
    PRIVATE = "private"
    """Not joined: only a member can invite us."""
    ARCHIVED = "archived"
    MISSING = "missing"
    """There is none of this id, or it is private and we are not in it: Slack tells no difference."""


_UNREACHED = {
    Reach.ARCHIVED: ("is archived", "name another one, or have it unarchived"),
    Reach.MISSING: ("is not there, or private without the app in it", "check the id; /invite the app"),
    Reach.PRIVATE: ("is private, and the app is not in it", "/invite the app"),
}


def coverage(
    parsed: ParsedCatalog, rules: Rules, *, channels: Mapping[str, Reach] | None = None
) -> list[Finding]:
    """Everything that alerts could fall through.

    Args:
        parsed: the catalog, with what could not be read of it.
        rules: of the organisation.
        channels: what Slack says of each channel; None: it was not asked.
    """
    catalog = parsed.catalog
    found = [*_unowned(parsed), *_last_resort(rules), *_silent(catalog)]
    for squad in catalog.squads.values():
        found += [*_around(squad, rules), *_next(squad, catalog, rules), *_named(squad)]
    found += _unreached(channels or {}, catalog, rules)
    return ordered(found)


def written_channels(catalog: Catalog, rules: Rules) -> dict[str, list[tuple[str, Place | None]]]:
    """Every channel that alerts may go to, and for what."""
    uses: dict[str, list[tuple[str, Place | None]]] = {}
    for squad in catalog.squads.values():
        uses.setdefault(squad.slack.channel, []).append((f"channel of {squad.name}", squad.place))
        if squad.slack.fallback:
            uses.setdefault(squad.slack.fallback, []).append((f"fallback of {squad.name}", squad.place))
    if rules.catch_all:
        uses.setdefault(rules.catch_all, []).append(("channel of last resort", None))
    return uses


def _unowned(parsed: ParsedCatalog) -> Iterator[Finding]:
    for problem in parsed.errors:
        if problem.path == "squad":
            near = f"did you mean {problem.nearest}?" if problem.nearest else ""
            message = f"its owner {problem.value} is no squad: its alerts go to the channel of last resort"
            yield _finding("no-owner", problem.place, message, near)


def _last_resort(rules: Rules) -> Iterator[Finding]:
    if rules.catch_all is None:
        message = "there is no channel of last resort: what nobody owns is told to nobody"
        fix = "set OBSERVATORY_CATCH_ALL_CHANNEL, or give --catch-all"
        yield Finding("no-catch-all", Level.ERROR, "settings", message, fix=fix)


def _silent(catalog: Catalog) -> Iterator[Finding]:
    for service in catalog.services.values():
        if not service.slos:
            message = f"{service.name} has no SLO: nothing of it ever alerts"
            yield _finding("no-slo", service.place, message, level=Level.WARNING)


def _around(squad: Squad, rules: Rules) -> Iterator[Finding]:
    """Another way where the channel can't be reached."""
    slack = squad.slack
    if slack.fallback is None:
        rest = (
            "and there is no channel of last resort"
            if rules.catch_all is None
            else "only the last resort is left"
        )
        level = Level.ERROR if rules.catch_all in (None, slack.channel) else Level.WARNING
        message = f"{squad.name} has no fallback: when {slack.channel} can't be reached, {rest}"
        yield _finding("no-fallback", squad.place, message, "slack: {fallback: C0DEFAULT1}", level=level)
    elif slack.fallback == slack.channel:
        message = f"{squad.name} falls back to {slack.channel}, the very channel that can't be reached then"
        yield _finding("same-fallback", squad.place, message)


def _next(squad: Squad, catalog: Catalog, rules: Rules) -> Iterator[Finding]:
    """Somebody else when nobody answers."""
    wanted = squad.on_call.escalate
    if wanted is None:
        message = f"{squad.name} escalates to nobody: a page that nobody acknowledges stays where it is"
        fix = "on_call: {escalate: {after: 15m, to: platform}}"
        yield _finding("no-escalation", squad.place, message, fix, level=Level.WARNING)
        return
    helper = catalog.squads.get(wanted.to)
    reached = {rules.catch_all, helper.slack.channel if helper else None} - {None, squad.slack.channel}
    if not reached:
        message = f"{squad.name} escalates to {wanted.to}, whose channel is its own: nobody else is called"
        yield _finding("same-escalation", squad.place, message)


def _named(squad: Squad) -> Iterator[Finding]:
    if squad.slack.mention is None:
        message = f"{squad.name} names nobody to call: its pages ring no phone"
        fix = "slack: {mention: S0614TZR7}"
        yield _finding("no-mention", squad.place, message, fix, level=Level.WARNING)
    for channel in (squad.slack.channel, squad.slack.fallback or ""):
        if channel.startswith("#"):
            message = f"{channel} is a name, which can change, and which finds no private channel"
            yield _finding("channel-name", squad.place, message, "give the id", level=Level.WARNING)


def _unreached(channels: Mapping[str, Reach], catalog: Catalog, rules: Rules) -> Iterator[Finding]:
    for channel, uses in written_channels(catalog, rules).items():
        reach = channels.get(channel)
        if reach not in _UNREACHED:
            continue
        why, fix = _UNREACHED[reach]
        for use, place in uses:
            yield _finding("channel", place, f"{channel}, {use}, {why}", fix)


def _finding(
    rule: str, place: Place | None, message: str, fix: str = "", *, level: Level = Level.ERROR
) -> Finding:
    file, line = ("settings", 0) if place is None else (place.file, place.line)
    return Finding(rule, level, file, message, line=line, fix=fix)
