"""Whose alert is it, and why them."""

from dataclasses import dataclass
from enum import StrEnum

from observatory.catalog import Catalog, Place, Squad


class OwnedBecause(StrEnum):
    """Why a destination was chosen."""

    OWNER_IN_CATALOG = "owner_in_catalog"
    UNKNOWN_SQUAD = "unknown_squad"
    UNKNOWN_SERVICE = "unknown_service"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is told about a service, where, and why."""

    squad: Squad | None
    """None: nobody owns it, the catch-all is told."""
    channel: str | None
    """A Slack channel. None: nobody owns it and there is no catch-all, so nobody can be told."""
    fallback: str | None
    """Where to go when the channel cannot be reached."""
    reason: OwnedBecause
    place: Place | None
    """Where the ownership is written."""


def resolve_owner(service: str, catalog: Catalog, *, catch_all: str | None) -> Owner:
    """The squad that the catalog names as the service's owner, or else the catch-all.

    Args:
        service: its name.
        catalog: every definition.
        catch_all: the channel of last resort, also behind a squad without a fallback.
    """
    definition = catalog.services.get(service)
    if definition is None:
        return Owner(None, catch_all, None, OwnedBecause.UNKNOWN_SERVICE, None)
    squad = catalog.squads.get(definition.squad)
    if squad is None:
        return Owner(None, catch_all, None, OwnedBecause.UNKNOWN_SQUAD, definition.place)
    fallback = squad.slack.fallback or catch_all
    return Owner(squad, squad.slack.channel, fallback, OwnedBecause.OWNER_IN_CATALOG, definition.place)
