# ruff: noqa: ARG002, ARG005 - every route is handed the body and the query, whether it needs them or not
"""The part of Grafana's HTTP API that a push uses, as a server with state, on a free loopback port.

Built from its documented behaviour (developers/http_api: dashboard, dashboard_versions, folder, folder_dashboard_search)
and its source (pkg/api/dashboard.go, pkg/api/apierrors, pkg/services/dashboards/errors.go): folders and dashboards share
their uids; leaving out `folderUid` moves a dashboard to the root; the list of versions calls every first one "Initial save".
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "glsa_secret"  # noqa: S105 - of the fake
CREATED = "2026-03-01T12:00:00Z"


@dataclass
class Row:
    """One dashboard with its history; `versions` are (by, message, model), oldest first."""

    number: int
    folder: str = ""
    provisioned: bool = False
    versions: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def model(self):
        return self.versions[-1][2] | {"id": self.number, "version": len(self.versions)}


class Answered(Exception):  # noqa: N818 - an answer, not an error
    def __init__(self, status, body, headers=()):
        self.status, self.body, self.headers = status, body, headers


def refuse(status, message, reason=None):
    raise Answered(status, {"message": message} | ({"status": reason} if reason else {}))


@dataclass
class GrafanaApi:
    """Use as a context manager; `url` is its address."""

    wrapped_versions: bool = True
    """From Grafana 12 on, the list of versions is wrapped in an object."""
    rewrite: Callable[[dict[str, Any]], dict[str, Any]] = lambda model: model
    """What a newer Grafana makes of the models it is given."""
    before: Callable[[str, str], None] = lambda method, path: None
    """Called before every request; raise Answered to answer instead."""
    folders: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        grafana = self
        self.released = Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one piece, or each waits for the other's acknowledgement

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                headers = ()
                try:
                    status, answer = 200, grafana._answer(self.command, self.path, self.headers, body)
                except Answered as other:
                    status, answer, headers = other.status, other.body, other.headers
                text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the base class's names

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def edit(self, uid, *, by="anna", message="", **changes):
        """Somebody saves a dashboard in the browser."""
        row = self.rows[uid]
        row.versions.append((by, message, row.model | changes))

    def provision(self, model, *, folder=""):
        """Grafana reads a dashboard from a file."""
        self.rows[model["uid"]] = Row(
            len(self.rows) + 1, folder, provisioned=True, versions=[("Anonymous", "", model)]
        )

    def changes(self):
        return [request for request in self.requests if request[0] != "GET"]

    def _answer(self, method, path, headers, body):
        parts = urlsplit(path)
        self.requests.append((method, parts.path))
        self.before(method, parts.path)
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            refuse(401, "Invalid API key")
        given = json.loads(body) if body else {}
        for verb, pattern, of in self._routes():
            if verb == method and (match := re.fullmatch(pattern, parts.path)):
                return of(*map(unquote, match.groups()), given, parse_qs(parts.query))
        return refuse(404, "Not found")

    def _routes(self):
        return (
            ("GET", "/api/folders/([^/]+)", self._folder),
            ("POST", "/api/folders", self._create_folder),
            ("GET", "/api/dashboards/uid/([^/]+)", self._dashboard),
            ("DELETE", "/api/dashboards/uid/([^/]+)", self._delete),
            ("GET", "/api/dashboards/uid/([^/]+)/versions", self._versions),
            ("GET", "/api/dashboards/uid/([^/]+)/versions/([0-9]+)", self._version),
            ("POST", "/api/dashboards/db", self._save),
            ("GET", "/api/search", self._search),
        )

    def _folder(self, uid, given, query):
        if uid not in self.folders:
            refuse(404, "folder not found", "not-found")
        return {"uid": uid, "title": self.folders[uid], "version": 1}

    def _create_folder(self, given, query):
        if given["uid"] in self.folders or given["uid"] in self.rows:
            refuse(409, "a folder/dashboard with the same uid already exists")
        if given["title"] in self.folders.values():
            refuse(409, "a folder with the same name already exists in the current location")
        self.folders[given["uid"]] = given["title"]
        return self._folder(given["uid"], given, query)

    def _row(self, uid):
        return self.rows[uid] if uid in self.rows else refuse(404, "Dashboard not found")

    def _dashboard(self, uid, given, query):
        row = self._row(uid)
        meta = {
            "version": len(row.versions),
            "provisioned": row.provisioned,
            "folderUid": row.folder,
            "folderTitle": self.folders.get(row.folder, "General"),
        }
        return {"dashboard": row.model, "meta": meta}

    def _versions(self, uid, given, query):
        row = self._row(uid)
        listed = [self._listed(uid, number) for number in range(len(row.versions), 0, -1)]
        listed = listed[: int(query.get("limit", ["1000"])[0])]
        return {"continueToken": "", "versions": listed} if self.wrapped_versions else listed

    def _listed(self, uid, number):
        version = self._version(uid, number, {}, {})
        return version | ({"message": "Initial save"} if number == 1 else {})

    def _version(self, uid, number, given, query):
        by, message, _ = self._row(uid).versions[int(number) - 1]
        number = int(number)
        return {
            "uid": uid,
            "version": number,
            "parentVersion": number - 1,
            "created": CREATED,
            "createdBy": by,
            "message": message,
        }

    def _save(self, given, query):
        model, folder, overwrite = given["dashboard"], given.get("folderUid", ""), given.get("overwrite")
        if folder and folder not in self.folders:
            refuse(400, "folder not found")
        if len(given.get("message", "")) > 500:
            refuse(400, "message too long, max 500 characters")
        uid = model["uid"]
        if uid in self.folders:
            refuse(400, "Dashboard cannot be changed to a folder")
        row = self.rows.get(uid)
        if row and row.provisioned:
            refuse(400, "Cannot save provisioned dashboard")
        if row and not overwrite and model.get("version", 0) != len(row.versions):
            refuse(412, "The dashboard has been changed by someone else", "version-mismatch")
        row = self.rows.setdefault(uid, Row(len(self.rows) + 1))
        row.folder = folder
        row.versions.append(("sa-1-observatory", given.get("message", ""), self.rewrite(model)))
        return {"status": "success", "uid": uid, "version": len(row.versions), "folderUid": folder}

    def _delete(self, uid, given, query):
        if self._row(uid).provisioned:
            refuse(400, "provisioned dashboard cannot be deleted")
        del self.rows[uid]
        return {"message": f"Dashboard {uid} deleted"}

    def _search(self, given, query):
        wanted = set(query.get("tag", []))
        hits = [uid for uid, row in self.rows.items() if wanted <= set(row.model.get("tags", []))]
        limit, page = int(query["limit"][0]), int(query["page"][0])
        return [{"uid": uid, "type": "dash-db"} for uid in hits[(page - 1) * limit : page * limit]]
