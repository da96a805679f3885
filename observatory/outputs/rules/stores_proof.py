"""A `promtool test rules` file of the alerts on stores: each trouble has its alert and no other, and its owner."""

from collections.abc import Sequence

from observatory.catalog import Catalog, Service, Use
from observatory.outputs.rules.stores import group_name
from observatory.outputs.rules.unit_tests import Expectation, head_of, unit_test
from observatory.outputs.stores import troubles_in

PATH = "tests/stores.yml"
_MINUTE = 60


def store_proof(catalog: Catalog) -> str | None:
    """The text of `alert_rules/tests/stores.yml`; None when no service uses a store."""
    used = {group_name(use): (service, use) for service in catalog.services.values() for use in service.uses}
    chosen = [used[name] for name in sorted(used)]
    if not chosen:
        return None
    services = {service.name: service for service, _ in chosen}
    head = head_of(
        PATH,
        files=["../stores.yml", *(f"../{one.squad}/{one.name}.yml" for one in services.values())],
        groups=[*services, *sorted(used)],
        every="5m",
    )
    return head + "".join(test for service, use in chosen for test in _tests(service, use))


def _tests(service: Service, use: Use) -> Sequence[str]:
    firing = f'group by (alertname, squad) (ALERTS{{alertstate="firing",service="{service.name}",store="{use.kind}"}})'
    return [
        unit_test(
            f"{group_name(use)}: {trouble.name}",
            trouble.series,
            [Expectation(_MINUTE, firing, _told(trouble.alert, service.squad))],
        )
        for trouble in troubles_in(use)
    ]


def _told(alert: str, squad: str) -> tuple[tuple[str, int], ...]:
    return ((f'{{alertname="{alert}",squad="{squad}"}}', 1),) if alert else ()
