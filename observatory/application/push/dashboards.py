"""Dashboards to Grafana's API: never over somebody's edit, never out of their folder, never twice.

Whose the newest version is, its message tells: ours carries the digest of what was pushed. So an edit is seen even
when it was made long before the push, and a Grafana that rewrites what it is given causes no update after update.
"""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from observatory.application.ports import DashboardServer, Revision, SavedDashboard
from observatory.application.push.outcome import CAREFUL, Fate, Outcome, Permissions
from observatory.errors import Refused
from observatory.outputs.difference import changes
from observatory.outputs.shipping import Dashboard, Folder, canonical

_TAG = "observatory"
_MESSAGE = "observatory push"
_MISMATCH = "version-mismatch"
_AT_ONCE = 4
"""A Grafana keeps its dashboards in one table; more at once would wait for each other there."""


def push_dashboards(
    dashboards: Sequence[Dashboard],
    server: DashboardServer,
    *,
    squad: str | None = None,
    may: Permissions = CAREFUL,
) -> Iterator[Outcome]:
    """Bring folders up to date one by one, then dashboards a few at a time; outcomes come in the catalog's order.

    Args:
        dashboards: all that the catalog has, so that what is gone can be told.
        server: where to.
        squad: push, and look for what is gone, in this squad's folder only.
        may: what is allowed.

    Raises:
        Refused: a request that changes nothing was refused, so the token is wrong or may read too little.
        Unavailable: Grafana could not be reached or did not answer; what is done already is done.
    """
    chosen = [one for one in dashboards if squad is None or (one.folder and one.folder.title == squad)]
    unusable = set()
    for folder in sorted({one.folder for one in chosen if one.folder}, key=lambda folder: folder.uid):
        if not server.has_folder(folder.uid):
            outcome = _create(folder, server, may)
            if outcome.fate is Fate.REFUSED:
                unusable.add(folder)
            yield outcome
    yield from _at_once([one for one in chosen if one.folder not in unusable], server, may)
    yield from _left_over(server, {one.uid for one in dashboards}, squad, may)


def _create(folder: Folder, server: DashboardServer, may: Permissions) -> Outcome:
    what = f"folder {folder.title}"
    try:
        if not may.dry_run:
            server.create_folder(folder)
    except Refused as refused:
        if server.has_folder(folder.uid):  # another push was faster
            return Outcome(what, Fate.UNCHANGED)
        return Outcome(what, Fate.REFUSED, f"{refused}; its dashboards were not pushed")
    return Outcome(what, Fate.CREATED)


def _at_once(dashboards: Sequence[Dashboard], server: DashboardServer, may: Permissions) -> Iterator[Outcome]:
    """After a failure of the server, those that have not begun are left."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="push")
    try:
        yield from pool.map(lambda one: _push(one, server, may), dashboards)
    finally:
        pool.shutdown(cancel_futures=True)


def _push(dashboard: Dashboard, server: DashboardServer, may: Permissions) -> Outcome:
    saved = server.dashboard(dashboard.uid)
    if saved is None:
        return _save(dashboard, server, may, fate=Fate.CREATED)
    differences = _differences(dashboard, saved)
    if not differences:
        return Outcome(dashboard.path, Fate.UNCHANGED)
    if saved.provisioned:
        why = "Grafana reads it from a file on its own machine and refuses to save it: change the file, or remove its provider"
        return Outcome(dashboard.path, Fate.REFUSED, why, differences)
    newest = server.newest_revision(dashboard.uid)
    if newest and newest.message == _message(dashboard) and saved.folder_uid == dashboard.folder_uid:
        return Outcome(dashboard.path, Fate.UNCHANGED, "Grafana keeps it in words of its own")
    if not may.force and not _ours(newest):
        return Outcome(dashboard.path, Fate.DRIFTED, _blame(newest), differences)
    return _save(dashboard, server, may, fate=Fate.UPDATED, version=saved.version, differences=differences)


def _save(
    dashboard: Dashboard,
    server: DashboardServer,
    may: Permissions,
    *,
    fate: Fate,
    version: int | None = None,
    differences: tuple[str, ...] = (),
) -> Outcome:
    try:
        if not may.dry_run:
            server.save(dashboard, message=_message(dashboard), version=version, overwrite=may.force)
    except Refused as refused:
        if refused.code == _MISMATCH:
            blame = _blame(server.newest_revision(dashboard.uid))
            return Outcome(dashboard.path, Fate.DRIFTED, f"while it was pushed: {blame}", differences)
        return Outcome(dashboard.path, Fate.REFUSED, str(refused), differences)
    return Outcome(dashboard.path, fate, changes=differences)


def _left_over(
    server: DashboardServer, wanted: Collection[str], squad: str | None, may: Permissions
) -> Iterator[Outcome]:
    """A tag is not enough to delete by: whoever copies a dashboard copies its tags. The history tells."""
    for uid in sorted(set(server.tagged([_TAG, f"squad:{squad}"] if squad else [_TAG])) - set(wanted)):
        what = f"dashboard {uid}"
        newest, saved = server.newest_revision(uid), server.dashboard(uid)
        if saved is None:
            continue
        if saved.provisioned:
            yield Outcome(what, Fate.LEFT_OVER, "it comes from a file on Grafana's machine: remove the file")
        elif not _ours(newest):
            yield Outcome(what, Fate.LEFT_OVER, f"it is not ours to remove: {_blame(newest)}")
        elif not may.prune:
            yield Outcome(what, Fate.LEFT_OVER, "gone from the catalog; --prune removes it")
        else:
            yield _remove(uid, server, may)


def _remove(uid: str, server: DashboardServer, may: Permissions) -> Outcome:
    try:
        if not may.dry_run:
            server.remove(uid)
    except Refused as refused:
        return Outcome(f"dashboard {uid}", Fate.REFUSED, str(refused))
    return Outcome(f"dashboard {uid}", Fate.REMOVED)


def _differences(dashboard: Dashboard, saved: SavedDashboard) -> tuple[str, ...]:
    found: list[str] = []
    if saved.folder_uid != dashboard.folder_uid:
        found.append(f"folder {saved.folder_uid or 'root'} → {dashboard.folder_uid or 'root'}")
    old, new = canonical(saved.text), canonical(dashboard.text)
    if old != new:
        found += changes(dashboard.path, old, new) or ["places or order of panels"]
    return tuple(found)


def _message(dashboard: Dashboard) -> str:
    return f"{_MESSAGE} sha256:{sha256(canonical(dashboard.text).encode()).hexdigest()}"


def _ours(revision: Revision | None) -> bool:
    return revision is not None and revision.message.startswith(_MESSAGE)


def _blame(revision: Revision | None) -> str:
    if revision is None:
        return "Grafana has no history that says who saved it last"
    said = f", saying {revision.message!r}" if revision.message else ""
    return (
        f"version {revision.version} was saved by {revision.by} at {revision.at:%Y-%m-%d %H:%M:%S %Z}{said}"
    )
