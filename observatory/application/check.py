"""`observatory check`: everything that can be known of definitions, dashboards and rules before they land."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import chain
from typing import Any, Protocol

from observatory.application.generate import FOLDERS, compare, generate
from observatory.catalog import Catalog, ParsedCatalog, parse_catalog
from observatory.evaluation import unreachable
from observatory.outputs.alertmanager import Surroundings
from observatory.outputs.findings import (
    Finding,
    Level,
    apply,
    from_problem,
    located,
    ordered,
    read_allowances,
)
from observatory.outputs.lint import (
    Card,
    Known,
    Recorded,
    RuleFile,
    counted_natively,
    is_test,
    limits_of,
    lint_dashboard,
    lint_rule_file,
    lint_rules_together,
    lint_together,
    read_metrics,
    read_rule_file,
    recorded,
    rule_table,
)

OWN_RULES = {
    "catalog": "Definitions are right.",
    "drift": "Generated files are what the catalog says.",
    "promtool": "promtool loads every rule file (where it is installed).",
    "rule-test": "promtool's unit tests of rules hold: those written by hand, with --tests the generated ones too.",
    "unreachable-tier": "Every alert tier of an SLO can be reached by an outage.",
    "unmeasurable": "Every SLO can be measured: `below` is a bucket's bound, an expression is answered (with --prometheus).",
    "more-than-all": "No SLO counts more bad or more good events than events (with --prometheus).",
    "few-events": "An error budget is worth five events or more (with --prometheus).",
    "short-history": "Prometheus knows all of an SLO's window (with --prometheus).",
    "ghost": "Prometheus has series of every service (with --prometheus).",
    "orphan": "Whoever counts events as the services of the catalog do is in the catalog (with --prometheus).",
    "missing-metric": "What an SLO or a behaviour counts is there (with --prometheus).",
    "no-series": "What selects an SLO's events selects something (with --prometheus).",
    "failing-query": "Prometheus answers every query (with --prometheus).",
    "empty-result": "Every query has a result (with --prometheus).",
}
_AT_ONCE = 25
_CHANGES_SHOWN = 10

Run = Callable[..., Iterable[Any]]
"""The built-in map, or that of a pool of processes."""
File = tuple[str, str]
"""Path and text."""


class Promtool(Protocol):
    """Prometheus's own word on rule files."""

    def __call__(self, files: Mapping[str, str]) -> Iterable[Finding]:
        """What keeps Prometheus from loading them."""
        ...

    def tests(self, names: Sequence[str], files: Mapping[str, str]) -> Iterable[Finding]:
        """Which of these files of unit tests fail, among all the `files` that they may name."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is to check."""

    definitions: Mapping[str, bytes]
    """The catalog's files by name."""
    generated: Mapping[str, str]
    """What lies in dashboards/, alert_rules/ and alertmanager/, by its path below the folder that holds both."""
    root: str = ""
    """That folder, before every path that is reported; ends with a slash unless it is the working directory."""
    exporters: Sequence[str] = ()
    """What exporters expose: the list of known metrics. Without it every name is believed."""
    retention: timedelta | None = None
    """How long Prometheus remembers, where that is known."""
    every_test: bool = False
    """Run the generated unit tests of rules as well: they prove the generator, and are proven where it is made."""
    grafana_url: str | None = None
    around: Surroundings = Surroundings()  # noqa: RUF009 - frozen
    """What Alertmanager's configuration says that no squad decides."""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome."""

    findings: tuple[Finding, ...]
    catalog: Catalog
    dashboards: int
    rule_files: int


def every_rule() -> dict[str, str]:
    """Every rule's name, and what it holds."""
    return OWN_RULES | rule_table()


def check(
    given: Checked,
    *,
    today: date,
    run: Run = map,
    promtool: Promtool | None = None,
    more: Callable[[Catalog], Iterable[Finding]] | None = None,
) -> Report:
    """Everything that is wrong.

    Args:
        given: the files.
        today: for allowances that end.
        run: applies a function to batches of files; a pool's map lints on every core.
        promtool: looks at the rule files; None where it is not installed.
        more: what else is to be known of the catalog, such as what Prometheus says.
    """
    dashboards = [item for item in given.generated.items() if _is(item, "dashboards/", ".json")]
    texts = [item for item in given.generated.items() if _is(item, "alert_rules/", ".yml", ".yaml")]
    rules = [item for item in texts if not is_test(item[1])]
    read = [*chain.from_iterable(run(_read, _batches(rules)))]
    books = [book for book in read if isinstance(book, RuleFile)]
    made = recorded(rule for book in books for rule in book.rules)
    known = _known(given, books, made)
    linting = run(partial(_lint, known=known, made=made), _batches(dashboards, books))
    # A pool is at work on those while this process reads the catalog and renders.
    parsed = parse_catalog(given.definitions)
    findings = [item for item in read if isinstance(item, Finding)]
    rendered = _rendered(given, parsed)
    findings += _drift(given, rendered)
    results = [*linting]
    findings += chain.from_iterable(found for found, _ in results)
    cards = [*chain.from_iterable(cards for _, cards in results)]
    findings += lint_together(cards)
    findings += lint_rules_together(books, dashboards={card.uid for card in cards})
    if promtool:
        proofs = [
            file for file, text in texts if is_test(text) and (given.every_test or file not in rendered)
        ]
        findings += [*promtool(dict(rules)), *(promtool.tests(proofs, dict(texts)) if proofs else ())]
    findings += more(parsed.catalog) if more and not parsed.errors else ()
    placed = [*_placed(findings, given), *map(from_problem, parsed.problems), *_advice(parsed.catalog)]
    final = _allowed(placed, given, texts, today=today)
    return Report(tuple(final), parsed.catalog, len(dashboards), len(rules))


def _is(item: File, folder: str, *suffixes: str) -> bool:
    return item[0].startswith(folder) and item[0].endswith(suffixes)


def _batches(*kinds: Sequence[Any]) -> list[list[Any]]:
    return [
        list(items[start : start + _AT_ONCE]) for items in kinds for start in range(0, len(items), _AT_ONCE)
    ]


def _read(batch: Sequence[File]) -> list[RuleFile | Finding]:
    return [read_rule_file(file, content) for file, content in batch]


def _lint(
    batch: Sequence[File | RuleFile], *, known: Known, made: Recorded
) -> tuple[list[Finding], list[Card]]:
    """One batch, in whatever process: dashboards as text, rule files as they were read."""
    findings: list[Finding] = []
    cards: list[Card] = []
    for item in batch:
        if isinstance(item, RuleFile):
            findings += lint_rule_file(item, known, made)
        else:
            found, card = lint_dashboard(*item, known)
            findings += found
            cards += [card] if card else []
    return findings, cards


def _known(given: Checked, books: Sequence[RuleFile], made: Recorded) -> Known:
    """What every dashboard and rule may rely on."""
    rules = [rule for book in books for rule in book.rules]
    return Known(
        types=read_metrics(given.exporters),
        recorded=frozenset(made.labels),
        alerts=frozenset(rule.alert for rule in rules if rule.alert),
        limits=limits_of(rules),
        native=counted_natively(rule.expr for rule in rules),
        retention=given.retention.total_seconds() if given.retention else None,
    )


def _rendered(given: Checked, parsed: ParsedCatalog) -> Mapping[str, str]:
    """What the catalog says; nothing where nothing was ever generated, or while the catalog has errors."""
    if parsed.errors or not given.generated:
        return {}
    return generate(parsed.catalog, grafana_url=given.grafana_url, around=given.around)


def _drift(given: Checked, rendered: Mapping[str, str]) -> Iterator[Finding]:
    """How generated files differ."""
    for difference in compare(rendered, given.generated).differences if rendered else ():
        by_hand = ", and was edited by hand" if difference.edited else ""
        changes = [
            *difference.changes[:_CHANGES_SHOWN],
            *(["…"] if difference.changes[_CHANGES_SHOWN:] else []),
        ]
        yield Finding(
            "drift",
            Level.ERROR,
            difference.path,
            f"is {difference.kind}{by_hand}: run `observatory generate` and commit",
            line=1,
            fix="\n".join(changes),
        )


def _advice(catalog: Catalog) -> Iterator[Finding]:
    for entry in catalog.slos():
        tiers = unreachable(entry.slo.budget, entry.slo.window.length)
        if tiers:
            names = " and ".join(tier.name for tier in tiers)
            window = entry.slo.window.label
            yield Finding(
                "unreachable-tier",
                Level.WARNING,
                entry.slo.place.file,
                f"no outage is bad enough for {names}: at {entry.slo.objective} % over {window}"
                " even errors alone burn too slowly",
                where=f"SLO {entry.service.name}/{entry.slo.name}",
                line=entry.slo.place.line,
                fix="a higher objective, or a longer window",
            )


def _placed(findings: Iterable[Finding], given: Checked) -> list[Finding]:
    """With lines, and with paths that lead there from the working directory."""
    by_file: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_file[finding.file].append(finding)
    placed: list[Finding] = []
    for file, of_file in by_file.items():
        content = given.generated.get(file)
        placed += of_file if content is None else located(of_file, content)
    return [_below(finding, given.root) for finding in placed]


def _below(finding: Finding, root: str) -> Finding:
    """Definitions have their paths from the working directory already."""
    if finding.file.partition("/")[0] not in FOLDERS:
        return finding
    return replace(finding, file=root + finding.file)


def _allowed(
    findings: Iterable[Finding], given: Checked, rules: Sequence[File], *, today: date
) -> list[Finding]:
    files = {given.root + file: content for file, content in rules}
    files |= {
        given.root + file: content
        for file, content in given.generated.items()
        if file == "dashboards/allow.yml"
    }
    files |= {file: content.decode(errors="replace") for file, content in given.definitions.items()}
    allowances, wrong = read_allowances(files)
    return ordered([*apply(findings, allowances, today=today), *wrong])
