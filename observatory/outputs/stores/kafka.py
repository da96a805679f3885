"""Kafka, seen by a consumer: by kafka_exporter 1.9 or by kminion 2 (names from their own documentation).

Offsets are gauges there, so their slope is `deriv`: `rate` would take an offset that is set back for a restart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from observatory.outputs.stores.signals import Query, Reader, Signal, Worry, answering

OWN_LABELS = frozenset({"topic", "partition", "consumergroup", "topic_name", "partition_id", "group_id"})


@dataclass(frozen=True, slots=True)
class _Names:
    """What a dialect calls things."""

    topic: str
    """Label."""
    lag: str
    consumed: str
    produced: str
    members: str
    group: str
    """Label."""


_EXPORTER = _Names(
    topic="topic",
    lag="kafka_consumergroup_lag",
    consumed="kafka_consumergroup_current_offset",
    produced="kafka_topic_partition_current_offset",
    members="kafka_consumergroup_members",
    group="consumergroup",
)
_KMINION = _Names(
    topic="topic_name",
    lag="kminion_kafka_consumer_group_topic_lag",
    consumed="kminion_kafka_consumer_group_topic_offset_sum",
    produced="kminion_kafka_topic_high_water_mark_sum",
    members="kminion_kafka_consumer_group_members",
    group="group_id",
)


def _exporter(r: Reader) -> Sequence[Signal]:
    under = r.bare("kafka_topic_partition_under_replicated_partition")
    replicas = Signal(
        "under-replicated",
        "Partitions short of replicas",
        "Would another broker's failure lose messages?",
        "short",
        [Query(r.spread(under, pick="sum", along=("topic",)), "{{topic}}")],
        Worry("KafkaUnderReplicated", "has %s partitions short of replicas", above=0, lasting="10m"),
    )
    return (*_consuming(r, _EXPORTER), replicas, _brokers(r, r.bare("kafka_brokers")))


def _kminion(r: Reader) -> Sequence[Signal]:
    brokers = f"count by (job, instance) ({r.bare('kminion_kafka_broker_info')})"
    return (*_consuming(r, _KMINION), _brokers(r, brokers))


DIALECTS: Mapping[str, tuple[str, Callable[[Reader], Sequence[Signal]]]] = {
    "kafka_exporter": (_EXPORTER.lag, _exporter),
    "kminion": (_KMINION.lag, _kminion),
}


def _slope(selector: str, window: str) -> str:
    return f"clamp_min(deriv({selector}[{window}]), 0)"


def _consuming(r: Reader, names: _Names) -> Sequence[Signal]:
    legend = f"{{{{{names.topic}}}}}"
    by = (names.group, names.topic)
    lag = r.total(r.of(names.lag), *by)
    consumed = r.total(_slope(r.of(names.consumed), r.window), *by)
    produced = r.spread(_slope(r.bare(names.produced), r.window), pick="sum", along=(names.topic,))
    return (
        answering(r, "", name="Kafka's exporter", alert="KafkaExporterDown"),
        Signal(
            "lag",
            "Lag",
            "How many messages wait to be read? Growing: the consumer is slower than what is produced, or stands still.",
            "short",
            [Query(lag, legend)],
            Worry(
                "KafkaConsumerStalled",
                "has %s messages waiting and reads none",
                above=0,
                lasting="10m",
                also=f"{consumed} == 0",
            ),
        ),
        Signal(
            "delay",
            "Time to catch up",
            "For how long would it have to read at this speed to be up to date, if nothing more came?",
            "s",
            [Query(f"{lag} / ({consumed} > 0)", legend)],
            Worry("KafkaConsumerLate", "is %s s of reading behind", above=300, lasting="10m"),
        ),
        Signal(
            "throughput",
            "Messages",
            "Is as much read as is written?",
            "cps",
            [Query(produced, f"{legend} written"), Query(consumed, f"{legend} read")],
        ),
        Signal(
            "members",
            "Consumers",
            "How many members does the group have? None: nobody reads.",
            "short",
            [Query(_members(r, names), "consumers")],
            Worry("KafkaNoConsumers", "has %s consumers", below=1),
        ),
    )


def _members(r: Reader, names: _Names) -> str:
    """Members are counted per group; which of a group's topics they read is not said."""
    return r.spread(r.bare(names.members), pick="sum", along=(names.group,))


def _brokers(r: Reader, expr: str) -> Signal:
    return Signal(
        "brokers", "Brokers", "Is the cluster complete?", "short", [Query(r.spread(expr), "brokers")]
    )
