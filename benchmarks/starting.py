"""What a warm start consists of, in processor time, and how long it takes as a whole.

    .venv/bin/python benchmarks/starting.py            # 10 000 SLOs
    .venv/bin/python benchmarks/starting.py 1000       # another number of them

The catalog and the 30 days of history are those of `product.py`. No Prometheus is needed: a start asks nothing of it.
"""

import gc
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter, process_time

import structlog
import tick as fused
from product import FIRST, TICK, Catalogued, write_history

from observatory.adapters.files import CatalogFolder
from observatory.adapters.sql import SqlHistory, create_engine
from observatory.application.recorder import Recorder
from observatory.catalog import CatalogParser
from observatory.catalog.nodes import compose
from observatory.measurement import History

NOWHERE = "http://127.0.0.1:9"


def spent(work: Callable[[], object], clock: Callable[[], float] = process_time) -> float:
    """Seconds. What was there before is not looked through for garbage meanwhile: a start has nothing before it."""
    gc.collect()
    gc.freeze()
    began = clock()
    work()
    return clock() - began


def parts_of(here: Catalogued) -> Iterator[tuple[str, float]]:
    """Each part and its processor time, seconds."""
    documents = CatalogFolder(here.settings.catalog).read()
    parse = CatalogParser()
    yield "parse the catalog", spent(lambda: parse(documents))
    yield "of it, YAML with lines and columns", spent(lambda: compose_all(documents))
    name, text = max(documents.items())
    changed = documents | {name: text.replace(b"99.9", b"99.8")}
    yield "parse it again when one file has changed", spent(lambda: parse(changed))
    store = SqlHistory(create_engine(here.database))
    recorder = Recorder(store, tick=TICK)
    yield "load the history", spent(lambda: recorder.load(now=here.clock.now()))
    yield "of it, reading and unpacking", spent(lambda: unpack(store))


def compose_all(documents: Mapping[str, bytes]) -> None:
    """Read the YAML alone, and throw it away."""
    for name, text in documents.items():
        compose(name, text.decode())


def unpack(store: SqlHistory) -> None:
    """Read all that a start reads, and throw it away."""
    for span in History(tick=TICK).spans(until=FIRST):
        for _ in store.parts(seconds=span.seconds, after=span.after, until=span.until).parts:
            pass


def main(size: int = 10_000) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as name:
        here = Catalogued(Path(name), NOWHERE, size, now=FIRST)
        write_history(here.database, here.plan.slos, until=fused.START)
        print(f"| {size:,} SLOs | seconds |\n| --- | --- |")
        for part, seconds in parts_of(here):
            print(f"| {part} | {seconds:.2f} |", flush=True)
        print(f"| a start, by the clock: both at the same time | {spent(here.build, perf_counter):.2f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
