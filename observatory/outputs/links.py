"""Where dashboards are: the uid of each and of its folder, which links, alerts and messages share."""

import re
from hashlib import blake2s

_LONGEST = 40  # Grafana's limit of a dashboard's uid
_SAFE = re.compile(r"[a-z0-9-]+")

ORGANISATION_UID = "observatory-organisation"


def service_uid(service: str) -> str:
    """The uid of a service's dashboard."""
    return _uid("service", service)


def squad_uid(squad: str) -> str:
    """The uid of a squad's dashboard."""
    return _uid("squad", squad)


def folder_uid(squad: str) -> str:
    """The uid of a squad's folder. Grafana keeps folders and dashboards in one table: it must differ from every dashboard's."""
    return _uid("folder", squad)


def dashboard_url(uid: str, grafana_url: str | None) -> str:
    """A dashboard's address; without Grafana's own address, its path from Grafana's root."""
    return f"{(grafana_url or '').rstrip('/')}/d/{uid}"


def _uid(kind: str, name: str) -> str:
    """Readable where the name allows it, and never the same for two names."""
    uid = f"{kind}-{name}"
    if len(uid) <= _LONGEST and _SAFE.fullmatch(uid):
        return uid
    digest = blake2s(name.encode(), digest_size=5).hexdigest()
    readable = re.sub(r"[^a-z0-9]+", "-", uid.lower()).strip("-")
    return f"{readable[: _LONGEST - len(digest) - 1]}-{digest}"
