"""Prometheus as a loader of rule files; the port `RuleLoader`.

Facts: https://prometheus.io/docs/prometheus/latest/management_api/ and …/querying/api/ (`/rules`, `/format_query`).
"""

from observatory.adapters.shipping.http import Credentials, Http
from observatory.errors import Ambiguous, Refused, Unavailable
from observatory.outputs.shipping import Rule


class PrometheusLoader:
    """A Prometheus that was started with --web.enable-lifecycle."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._http = Http("Prometheus", url, credentials)

    def reload(self) -> None:
        """See `RuleLoader.reload`. 500 is how Prometheus says that the configuration is wrong."""
        try:
            self._http.send("POST", "-/reload")
        except Refused as refused:
            raise Refused(
                f"{refused}. Prometheus reloads only when it was started with --web.enable-lifecycle",
                code=refused.code,
            ) from refused
        except Ambiguous:
            raise
        except Unavailable as error:
            if "failed to reload config" not in str(error):
                raise
            raise Refused(str(error), code="500") from error

    def rules(self) -> frozenset[Rule]:
        """See `RuleLoader.rules`."""
        path = "api/v1/rules"
        response = self._http.get(path)
        try:
            groups = response.json()["data"]["groups"] if response else []
            return frozenset(
                Rule.of(group["name"], rule["name"], rule.get("labels", {}), rule["query"])
                for group in groups
                for rule in group["rules"]
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._http.garbled(path, error) from error

    def complaint(self, expr: str) -> str | None:
        """See `RuleLoader.complaint`."""
        try:
            self._http.send("POST", "api/v1/format_query", data={"query": expr})
        except Refused as refused:
            return str(refused)
        return None
