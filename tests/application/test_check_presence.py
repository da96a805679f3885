"""Definitions held against a real server that has something else: each defect planted once, told once, in good words."""

from datetime import UTC, datetime

import pytest
from support.catalogs import SQUAD_YAML
from support.prometheus import Series
from support.servers import SERVERS, serving

from observatory.application.check_measured import measured
from observatory.application.check_presence import present
from observatory.application.presence import Presence
from observatory.bootstrap import build_status, load_catalog
from observatory.bootstrap import prometheus as source
from observatory.settings import Settings

DAY = 86_400
AT = 1_780_000_000 // DAY * DAY
TIMES = range(AT - 2 * DAY, AT + 1, 120)
REQUESTS, TOOK = "http_requests_total", "took_seconds"
BY_CODE = f"{{events: {{total: {REQUESTS}, bad: '{REQUESTS}{{code=~\"5..\"}}'}}}}"
SLIS = {
    "right": BY_CODE,
    "reversed": f"{{events: {{total: '{REQUESTS}{{code=~\"5..\"}}', bad: {REQUESTS}}}}}",
    "odd": f"{{events: {{total: '{REQUESTS}{{code=~\"5..\"}}', good: '{REQUESTS}{{code!~\"5..\"}}'}}}}",
    "bounded": f"{{latency: {{histogram: {TOOK}, below: 300ms}}}}",
    "misspelt": f"{{events: {{total: http_request_total, bad: '{REQUESTS}{{code=~\"5..\"}}'}}}}",
    "flawless": f"{{events: {{total: {REQUESTS}, bad: http_requests_failed_total}}}}",
    "elsewhere": f"{{events: {{total: '{REQUESTS}{{zone=\"eu\"}}', bad: '{REQUESTS}{{code=~\"5..\"}}'}}}}",
    "written": "{promql: {ratio: 'avg(no_such_ratio)', of: good}}",
    "thin": BY_CODE,
    "young": BY_CODE,
    "playlists": BY_CODE,
}
"""By service, which is told apart by `job`."""
HERE = [*(job for job in SLIS if job != "playlists"), "playlist", "Payments API"]
"""`playlist` and `Payments API` are in no catalog; nobody is `playlists`."""


def series():
    for job in HERE:
        each = 0.01 if job == "thin" else 10
        counted = [float(int(number * each)) for number, _ in enumerate(TIMES)]
        failed = [
            float(number // (1 if job in ("reversed", "odd") else 100)) for number, _ in enumerate(TIMES)
        ]
        yield Series(REQUESTS, f'job="{job}",code="200"', TIMES, counted)
        yield Series(REQUESTS, f'job="{job}",code="500"', TIMES, failed)
    for le in ("0.25", "0.5", "+Inf"):
        yield Series(f"{TOOK}_bucket", f'job="bounded",le="{le}"', TIMES, [*map(float, range(len(TIMES)))])
    yield Series(f"{TOOK}_count", 'job="bounded"', TIMES, [*map(float, range(len(TIMES)))])
    yield Series("grpc_server_handled_total", 'job="grpc"', TIMES, [1.0] * len(TIMES))
    yield Series("queue_depth", 'job="node"', TIMES, [1.0] * len(TIMES))


def definition(name, sli):
    return (
        f"apiVersion: observatory/v1\nkind: Service\nname: {name}\nsquad: playlists\n"
        f"runbook: https://runbooks.example/{name}\nselector: {{job: {name}}}\n"
        f"slos: [{{name: slo, objective: 99, window: {'30d' if name == 'young' else '1d'}, sli: {sli}}}]\n"
    )


@pytest.fixture(scope="module", params=SERVERS)
def found(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalog")
    (folder / "squad.yml").write_text(SQUAD_YAML)
    for name, sli in SLIS.items():
        text = definition(name, sli)
        if name == "right":
            text += "behaviour: [{name: saves, metric: http_requests_saved_total}, {name: all, metric: http_requests_total}]\n"
        (folder / f"{name}.yml").write_text(text)
    at = datetime.fromtimestamp(AT, UTC)
    with serving(request.param, tmp_path_factory.mktemp("server"), series()) as url:
        settings = Settings(catalog=folder, prometheus_url=url)
        evaluation = build_status(settings)(at).evaluation
        presence = Presence({"": source(settings)}, at)
        findings = [
            *measured(evaluation),
            *present(evaluation, load_catalog(settings), presence, folder="catalog"),
        ]
    return [(one.rule, str(one.level), one.file.rpartition("/")[2], one.said, one.fix) for one in findings]


def of(found, file):
    return [(rule, level, said, fix) for rule, level, of_file, said, fix in found if of_file == file]


NEVER = "not now, not an hour ago and not a day ago"
CASES = {
    "reversed.yml": (
        "more-than-all",
        "error",
        "SLO reversed/slo: it counted 7,920 bad events of 720 in all: bad counts what total does not",
    ),
    "odd.yml": (
        "more-than-all",
        "error",
        "SLO odd/slo: it counted 7,200 good events of 720 in all: good counts what total does not",
    ),
    "bounded.yml": (
        "unmeasurable",
        "error",
        'SLO bounded/slo: it can\'t be measured: took_seconds_bucket has no bucket le="0.3"; its bounds are 0.25, 0.5, +Inf',
    ),
    "misspelt.yml": (
        "missing-metric",
        "warning",
        f"SLO misspelt/slo: the service has no http_request_total, so nothing is measured: {NEVER}",
    ),
    "flawless.yml": (
        "missing-metric",
        "warning",
        f"SLO flawless/slo: the service has no http_requests_failed_total, so nothing is ever bad: {NEVER}",
    ),
    "elsewhere.yml": (
        "no-series",
        "warning",
        'SLO elsewhere/slo: http_requests_total{job="elsewhere",zone="eu"} selected nothing in all of its window',
    ),
    "written.yml": (
        "no-series",
        "warning",
        "SLO written/slo: its expressions have had no result in all of its window",
    ),
    "thin.yml": (
        "few-events",
        "warning",
        "SLO thin/slo: one bad event is 714% of its error budget, which is 0.1 events: one mishap decides",
    ),
    "young.yml": (
        "short-history",
        "warning",
        (
            "SLO young/slo: its window is 30d, and Prometheus knows nothing of it before 2026-05-25 23:59 UTC:"
            " its budget is a projection"
        ),
    ),
    "playlists.yml": (
        "ghost",
        "warning",
        f'service playlists: no series at all has {{job="playlists"}}: {NEVER}',
    ),
    "playlist.yml": (
        "orphan",
        "warning",
        '{job="playlist"}: counts http_requests_total and is in no catalog: when it fails, nobody is told',
    ),
    "grpc.yml": (
        "orphan",
        "warning",
        '{job="grpc"}: counts grpc_server_handled_total and is in no catalog: when it fails, nobody is told',
    ),
    "payments-api.yml": (
        "orphan",
        "warning",
        '{job="Payments API"}: counts http_requests_total and is in no catalog: when it fails, nobody is told',
    ),
    "right.yml": (
        "missing-metric",
        "warning",
        f"behaviour right/saves: the service has no http_requests_saved_total: {NEVER}",
    ),
}


@pytest.mark.parametrize("file", CASES)
def test_each_defect_is_told_once_where_it_is_written(found, file):
    assert [said[:3] for said in of(found, file)] == [CASES[file]]


def test_nothing_else_is_told(found):
    assert {file for _, _, file, _, _ in found} == set(CASES)


@pytest.mark.parametrize(
    ("file", "fix"),
    [
        ("misspelt.yml", "did you mean http_requests_total?"),
        ("flawless.yml", "did you mean http_requests_total?"),
        ("playlists.yml", "did you mean job: playlist?"),
        (
            "playlist.yml",
            "such as: {kind: Service, name: playlist, squad: …, selector: {job: playlist}}",
        ),
    ],
)
def test_what_would_be_right_is_said(found, file, fix):
    ((*_, said),) = of(found, file)
    assert said == fix
