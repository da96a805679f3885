"""What became of each thing that was pushed, and what a push may do."""

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What became of it; in a dry run, what would."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    LEFT_OVER = "left over"
    """Ours, gone from the catalog, and not removed."""
    DRIFTED = "drifted"
    """Somebody else changed it: left as it is."""
    REFUSED = "refused"
    """The other side does not take it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One folder, dashboard, rule file or group."""

    what: str
    fate: Fate
    why: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a push may do beyond creating and updating what is its own."""

    dry_run: bool = False
    """Change nothing; the outcomes are the plan."""
    force: bool = False
    """Overwrite what somebody else changed."""
    prune: bool = False
    """Remove what is ours and gone from the catalog."""


CAREFUL = Permissions()
"""Create and update, nothing else."""
