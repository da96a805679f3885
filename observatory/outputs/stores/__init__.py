"""What services keep their data in and send it through: what each exporter calls things, and when it is worrying.

A store is declared in a service's `uses:`. From one declaration come the panels of the service's dashboard and the
organisation's alerts, out of the same expressions and the same limits.
"""

from collections.abc import Callable, Mapping, Sequence

from observatory.catalog import Use
from observatory.outputs.stores import cassandra, kafka, memcached, postgresql
from observatory.outputs.stores.signals import Query, Reader, Signal, Worry
from observatory.outputs.stores.troubles import Trouble, troubles_of

__all__ = [
    "TITLES",
    "Query",
    "Reader",
    "Signal",
    "Trouble",
    "Worry",
    "reader_of",
    "signals_of",
    "troubles_in",
]

_Pack = tuple[str, frozenset[str], Callable[[Reader], Sequence[Signal]]]
"""Its anchor (see `Reader`), labels that the exporter itself writes, and its signals."""

_PACKS: Mapping[tuple[str, str | None], _Pack] = {
    ("postgresql", None): (postgresql.ANCHOR, postgresql.OWN_LABELS, postgresql.signals),
    ("memcached", None): (memcached.ANCHOR, memcached.OWN_LABELS, memcached.signals),
    **{
        ("cassandra", dialect): (anchor, cassandra.OWN_LABELS, signals)
        for dialect, (anchor, signals) in cassandra.DIALECTS.items()
    },
    **{
        ("kafka", dialect): (anchor, kafka.OWN_LABELS, signals)
        for dialect, (anchor, signals) in kafka.DIALECTS.items()
    },
}

TITLES: Mapping[str, str] = {
    "postgresql": "PostgreSQL",
    "memcached": "memcached",
    "cassandra": "Cassandra",
    "kafka": "Kafka",
}


def reader_of(use: Use, *, window: str, everyone: bool = False) -> Reader:
    """How to read the store of a declaration, or (`everyone`) all stores that are told apart by the same labels.

    Args:
        use: The declaration.
        window: Range of rates: `5m`, or Grafana's `$__rate_interval`.
        everyone: Leave out the values of the selector's labels, and keep the labels.
    """
    anchor, own, _ = _PACKS[use.kind, use.dialect]
    return Reader(
        labels=tuple(sorted(use.selector)),
        matchers={} if everyone else dict(use.selector),
        window=window,
        anchor=anchor,
        own=own,
    )


def signals_of(use: Use, reader: Reader) -> Sequence[Signal]:
    """Everything worth watching in the store of a declaration."""
    return _PACKS[use.kind, use.dialect][2](reader)


def troubles_in(use: Use) -> Sequence[Trouble]:
    """What may befall the store of a declaration, and which alert tells of it."""
    _, own, _ = _PACKS[use.kind, use.dialect]
    return troubles_of(use, own)
