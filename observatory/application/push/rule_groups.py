"""Rule groups to a ruler (Mimir, Cortex): two namespaces are ours, and nothing else is touched."""

from collections.abc import Iterator, Sequence

from observatory.application.ports import RuleGroupServer
from observatory.application.push.outcome import CAREFUL, Fate, Outcome, Permissions
from observatory.errors import Refused
from observatory.outputs.shipping import NAMESPACES, RuleGroup


def push_rule_groups(
    groups: Sequence[RuleGroup], server: RuleGroupServer, *, may: Permissions = CAREFUL
) -> Iterator[Outcome]:
    """Put what differs, then remove what is gone; nothing is removed when a group was refused.

    A namespace of ours holds nothing else, so groups that are gone are removed without `may.prune`, and an edited
    group is replaced without `may.force`: a ruler keeps no history that could tell an edit from an older push.

    Raises:
        Refused: the groups can't be read: the tenant or the token is wrong.
        Unavailable: the ruler did not answer; what is done already is done.
    """
    there = {(group.namespace, group.name): group for group in server.groups(NAMESPACES)}
    refused = False
    for group in groups:
        outcome = _put(group, there.pop((group.namespace, group.name), None), server, may)
        refused = refused or outcome.fate is Fate.REFUSED
        yield outcome
    for gone in there.values():
        if refused:
            yield Outcome(
                _name(gone), Fate.LEFT_OVER, "gone from the catalog; removed when all groups are taken"
            )
            continue
        if not may.dry_run:
            server.remove(gone)
        yield Outcome(_name(gone), Fate.REMOVED)


def _put(group: RuleGroup, old: RuleGroup | None, server: RuleGroupServer, may: Permissions) -> Outcome:
    if old == group:
        return Outcome(_name(group), Fate.UNCHANGED)
    try:
        if not may.dry_run:
            server.put(group)
    except Refused as refused:
        return Outcome(_name(group), Fate.REFUSED, str(refused))
    return Outcome(_name(group), Fate.UPDATED if old else Fate.CREATED)


def _name(group: RuleGroup) -> str:
    return f"{group.namespace}/{group.name}"
