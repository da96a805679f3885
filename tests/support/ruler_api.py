"""The part of a ruler's configuration API (Mimir, Cortex) that a push uses, as a server with state.

Built from pkg/ruler/api.go of grafana/mimir: tenants by X-Scope-OrgID, a YAML group a request answered with 202, a limit
of rules a group, 404 for a tenant without rules (newer ones answer an empty map), groups answered with their fields spelled out.
"""

from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import unquote

import yaml

PREFIX = "/prometheus/config/v1/rules"


@dataclass
class RulerApi:
    """Use as a context manager; `url` is the address of its rules."""

    most_rules: int = 1000
    groups: dict[str, dict[tuple[str, str], dict[str, Any]]] = field(default_factory=dict)
    """By tenant, then by namespace and name."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        ruler = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                ruler.requests.append((self.command, self.path))
                status, text = ruler._answer(self.command, self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the base class's names

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}{PREFIX}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def changes(self):
        return [request for request in self.requests if request[0] != "GET"]

    def _answer(self, method, path, headers, body):
        tenant = headers.get("X-Scope-OrgID")
        if not tenant:
            return 401, "no org id"
        if not path.startswith(PREFIX):
            return 404, "404 page not found"
        groups = self.groups.setdefault(tenant, {})
        parts = [unquote(part) for part in path.removeprefix(PREFIX).split("/") if part]
        if method == "GET":
            return self._listed(groups)
        if method == "POST":
            return self._set(groups, parts, yaml.safe_load(body))
        return (202, "{}") if groups.pop(tuple(parts), None) else (404, "group does not exist")

    def _listed(self, groups):
        if not groups:
            return 404, "no rule groups found\n"
        answer = {}
        for (namespace, _), group in groups.items():
            rules = [{"for": "0s", "labels": {}, "annotations": {}} | rule for rule in group["rules"]]
            answer.setdefault(namespace, []).append({"limit": 0} | group | {"rules": rules})
        return 200, yaml.safe_dump(answer)

    def _set(self, groups, parts, group):
        if len(group["rules"]) > self.most_rules:
            limit = f"(limit: {self.most_rules} actual: {len(group['rules'])})"
            return 400, f"per-user rules per rule group limit {limit} exceeded"
        (namespace,) = parts
        groups[namespace, group["name"]] = group
        return 202, '{"status":"success"}'
