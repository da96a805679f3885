"""Who did what, when, and by which way in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Way(StrEnum):
    """How somebody reached us."""

    SLACK = "slack"
    API = "api"
    CLI = "cli"
    CATALOG = "catalog"
    """A definition that came into force; who wrote it is in the history of its file."""


class Deed(StrEnum):
    """What somebody did."""

    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    SILENCE_EXPIRED = "silence_expired"
    EXCLUSION_DECLARED = "exclusion_declared"
    EXCLUSION_WITHDRAWN = "exclusion_withdrawn"
    DRILLED = "drilled"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who does something."""

    name: str
    """As messages and pages show it. Slack vouches for it; who holds the API's token says it of himself."""
    way: Way
    account: str | None = None
    """Slack's id of the person."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed. It is written in the transaction in which the deed is done, or not at all."""

    at: datetime
    actor: Actor
    deed: Deed
    subject: str
    """The id of an incident or of a silence."""
    detail: str = ""
