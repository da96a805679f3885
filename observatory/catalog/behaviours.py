"""What users do, as it is measured and alerted on: beside the SLOs, and under names that no SLO can have."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from observatory.catalog.counters import Events
from observatory.catalog.events import Event
from observatory.catalog.model import Behaviour, Catalog, Journey, Service, ServiceSlo, Slo
from observatory.catalog.windows import Rolling

WEEKS = 5
"""Past weeks that a behaviour is held against."""
KEPT = timedelta(weeks=WEEKS, days=2)
"""What of the past has to be known, by the hour: the same hour of those weeks and the day before each, clocks changing or not."""
LEAST_SHARE = Decimal(70)
"""Per cent of what is expected; as many are never too few."""


def behaviours(catalog: Catalog) -> Iterator[ServiceSlo]:
    """Every behaviour with its owner, ordered by id, as a promise that all its events are good.

    Its id is `service/behaviour:name`: no name of an SLO has a colon, and no event, whose slices are called
    `event/service:slo`, has the name of a service.
    """
    found = (
        ServiceSlo(catalog.squads[service.squad], service, _promise(service, behaviour))
        for service in catalog.services.values()
        for behaviour in service.behaviour
    )
    return iter(sorted(found, key=lambda entry: entry.id))


def measured(catalog: Catalog) -> tuple[ServiceSlo, ...]:
    """All that is counted: every SLO, and then every behaviour."""
    return (*catalog.slos(), *behaviours(catalog))


def is_behaviour(entry: ServiceSlo) -> bool:
    """Whether it promises nothing, and is held against its own past."""
    return ":" in entry.slo.name and isinstance(entry.service, Service)


def behaviour_name(entry: ServiceSlo) -> str:
    """What the squad calls it: `saves`."""
    return entry.slo.name.partition(":")[2]


def touched(event: Event, catalog: Catalog) -> frozenset[str]:
    """The services whose users an event may move: it names them, their squad, an SLO of theirs or of a journey through."""
    named = {*event.affects.services}
    for entry in catalog.affected(event):
        named |= {entry.service.name, *_passed(entry.service)}
    squads = event.affects.squads
    return frozenset(
        name for name, service in catalog.services.items() if name in named or service.squad in squads
    )


def _promise(service: Service, behaviour: Behaviour) -> Slo:
    return Slo.model_construct(
        place=service.place,
        name=f"behaviour:{behaviour.name}",
        objective=LEAST_SHARE,
        window=Rolling(KEPT),
        sli=Events.model_construct(total=(behaviour.metric,)),
    )


def _passed(promiser: Service | Journey) -> tuple[str, ...]:
    return promiser.depends_on if isinstance(promiser, Journey) else ()
