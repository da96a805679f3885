"""The configuration API of a ruler, Mimir's or Cortex's; the port `RuleGroupServer`.

Facts: https://grafana.com/docs/mimir/latest/references/http-api/#ruler-rules-management and pkg/ruler/api.go of
grafana/mimir: one YAML group a request, 202 when it is stored, 404 when a tenant has none at all.
"""

from collections.abc import Sequence
from urllib.parse import quote

import yaml

from observatory.adapters.shipping.http import Credentials, Http
from observatory.outputs.shipping import RuleGroup


class Ruler:
    """One tenant's rules.

    Args of the constructor:
        url: of the rules themselves: https://mimir.example/prometheus/config/v1/rules, https://cortex.example/api/v1/rules.
    """

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._http = Http("Ruler", url, credentials)

    def groups(self, namespaces: Sequence[str]) -> Sequence[RuleGroup]:
        """See `RuleGroupServer.groups`."""
        response = self._http.get("", absent=True)
        if response is None:
            return []
        try:
            there = yaml.load(response.text, Loader=yaml.CSafeLoader) or {}
            return [
                RuleGroup.of(namespace, group)
                for namespace in namespaces
                for group in there.get(namespace) or []
            ]
        except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise self._http.garbled("the list of rules", error) from error

    def put(self, group: RuleGroup) -> None:
        """See `RuleGroupServer.put`."""
        self._http.send(
            "POST",
            quote(group.namespace, safe=""),
            content=group.text.encode(),
            headers={"Content-Type": "application/yaml"},
        )

    def remove(self, group: RuleGroup) -> None:
        """See `RuleGroupServer.remove`."""
        path = f"{quote(group.namespace, safe='')}/{quote(group.name, safe='')}"
        self._http.send("DELETE", path, absent=True)
