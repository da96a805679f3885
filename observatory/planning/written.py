"""Expressions that squads wrote to queries: those that differ in a label's value alone share one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from observatory.catalog import Promql
from observatory.planning import promql
from observatory.planning.queries import Feed, Feeds, Query, SharedQuery, WrittenQuery, portions
from observatory.planning.sharing import Template, shared


class _Question(NamedTuple):
    text: str
    server: str
    feed: Feed


def written_queries(slis: Mapping[int, tuple[Promql, str]], *, tick: int) -> Iterator[Query]:
    """The queries of SLIs, each by the index of its SLO and with the server that has its series."""
    questions = [
        question
        for slo, (sli, server) in slis.items()
        for question in _questions(slo, sli, tick=tick, server=server)
    ]
    together: dict[tuple[Template, str], dict[str, list[Feed]]] = defaultdict(lambda: defaultdict(list))
    for question, common in zip(questions, shared([question.text for question in questions]), strict=True):
        if common is None:
            feeds = Feeds.table([[question.feed]])
            yield WrittenQuery(
                text=question.text, by=(), groups=((),), feeds=feeds, tick=tick, server=question.server
            )
        else:
            template, value = common
            together[template, question.server][value].append(question.feed)
    for (template, server), feeds_of in together.items():
        yield from _shared(template, feeds_of, tick=tick, server=server)


def _questions(slo: int, sli: Promql, *, tick: int, server: str) -> Iterator[_Question]:
    total, bad = promql.expressions(sli, window=f"{tick}s")
    events = 1.0 if sli.total is not None else tick / promql.SLICE
    yield _Question(total, server, Feed(slo, events, 0))
    yield _Question(bad, server, Feed(slo, 0, events))


def _shared(
    template: Template, feeds_of: Mapping[str, Sequence[Feed]], *, tick: int, server: str
) -> Iterator[Query]:
    groups = [(value,) for value in sorted(feeds_of)]
    for portion in portions(groups, mentions=template.mentions):
        yield SharedQuery(
            template=template,
            by=(template.label,),
            groups=tuple(portion),
            feeds=Feeds.table([feeds_of[value] for (value,) in portion]),
            tick=tick,
            server=server,
        )
