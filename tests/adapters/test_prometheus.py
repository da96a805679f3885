"""PrometheusSource against real servers, and against some that misbehave."""

import base64
import json
import logging
import socket
import ssl
import subprocess
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.prometheus import Series
from support.servers import PROMETHEUS, SERVERS, VICTORIA_METRICS, serving

from observatory.adapters.prometheus import Access, PrometheusSource, read_answer
from observatory.errors import Refused, Unavailable
from observatory.planning import Dialect

START = 1_780_000_000 // 3600 * 3600
SOON = timedelta(seconds=5)
EMPTY = json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}})
SECRET = "s3cr3t-t0ken"  # noqa: S105 - looked for where it must not be


@pytest.fixture(scope="module", params=SERVERS)
def real(request, tmp_path_factory):
    times = range(START, START + 3600, 60)
    past = [
        Series("a_total", 'job="x"', times, range(60)),
        Series("a_total", 'job="quote\\"d ]],[["', times, range(0, 120, 2)),
    ]
    with serving(request.param, tmp_path_factory.mktemp("server"), past) as url:
        yield PrometheusSource(url)


ON_PROMETHEUS = pytest.mark.parametrize("real", [PROMETHEUS], indirect=True)
"""VictoriaMetrics knows no value that is no number, takes 16 KiB a query, and looks at its watch from time to time."""


def each_in_its_words(prometheus, victoria_metrics):
    """The real servers, and what each says."""
    return pytest.mark.parametrize(
        ("real", "words"),
        [
            pytest.param(PROMETHEUS, prometheus, id=PROMETHEUS),
            pytest.param(VICTORIA_METRICS, victoria_metrics, id=VICTORIA_METRICS),
        ],
        indirect=["real"],
    )


def ask(source, promql="up", *, start=START, end=START, step=60, timeout=SOON):
    return source.query_range(promql, start=start, end=end, step=step, timeout=timeout)


@contextmanager
def a_server(handle, *, wrap=None):
    """A real HTTP server; `handle(request handler, form)` writes the answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            handle(self, {key: value[0] for key, value in form.items()})

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if wrap:
        server.socket = wrap(server.socket)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http{'s' if wrap else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(handler, body, *, status=200, headers=(), length=None):
    content = body.encode()
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content) if length is None else length))
    handler.end_headers()
    handler.wfile.write(content)


def test_a_range_is_read_point_by_point(real):
    answer = ask(real, "a_total", start=START + 60, end=START + 180)
    assert [labels["job"] for labels in answer.labels] == ['quote"d ]],[[', "x"]
    assert answer.series.tolist() == [0, 0, 0, 1, 1, 1]
    assert answer.times.tolist() == [START + 60, START + 120, START + 180] * 2
    assert answer.values.tolist() == [2, 4, 6, 1, 2, 3]


def test_an_instant_is_one_point_a_series(real):
    answer = ask(real, "a_total", start=START + 120, end=START + 120)
    assert answer.times.tolist() == [START + 120] * 2
    assert sorted(answer.values.tolist()) == [2, 4]


@ON_PROMETHEUS
def test_what_is_no_number_is_kept_as_such(real):
    for start in (START, START - 60):
        labels = ("NaN", "Inf", "-Inf")
        promql = " or ".join(f'label_replace(vector({text}), "v", "{text}", "", "")' for text in labels)
        answer = ask(real, promql, start=start, end=START)
        values = {
            answer.labels[row]["v"]: value for row, value in zip(answer.series, answer.values, strict=True)
        }
        np.testing.assert_array_equal([values[text] for text in labels], [np.nan, np.inf, -np.inf])


@ON_PROMETHEUS
def test_a_query_longer_than_any_url_is_answered(real):
    names = "|".join(f"service-{number:06d}" for number in range(100_000))
    assert len(ask(real, f'a_total{{job=~"x|{names}"}}', end=START).labels) == 1


def test_a_query_arrives_as_it_was_written(real):
    text = "100 % of %2B a+b &c=d; #é\U0001f3b5 |~{}'"
    answer = ask(real, f'label_replace(vector(1), "v", "{text}", "", "")', start=START, end=START)
    assert answer.labels == [{"v": text}]


@each_in_its_words(r"parse error: .*unexpected right parenthesis", "unparsed data left")
def test_a_bad_query_is_refused_in_the_servers_own_words(real, words):
    with pytest.raises(Refused, match=words) as refusal:
        ask(real, "sum(up))")
    assert refusal.value.code in {"400", "422"}


def test_a_query_that_makes_no_sense_of_the_data_is_refused(real):
    with pytest.raises(Refused, match="duplicate") as refusal:
        ask(real, "a_total * on () group_right () a_total", start=START, end=START)
    assert refusal.value.code == "422"


@each_in_its_words("11,000 points", "too many points")
def test_too_many_points_are_refused(real, words):
    with pytest.raises(Refused, match=words):
        ask(real, "up", end=START + 30_002, step=1)


@ON_PROMETHEUS
def test_prometheus_itself_is_told_the_time_limit(real):
    with pytest.raises(Unavailable, match="timed out"):
        ask(
            real,
            " + ".join(["sum(sum_over_time(a_total[1h:1s]))"] * 20),
            start=START,
            end=START + 10_000,
            step=1,
            timeout=timedelta(milliseconds=1200),
        )


@pytest.mark.parametrize(
    ("real", "dialect"),
    [
        pytest.param(PROMETHEUS, Dialect.PROMQL, id=PROMETHEUS),
        pytest.param(VICTORIA_METRICS, Dialect.METRICSQL, id=VICTORIA_METRICS),
    ],
    indirect=["real"],
)
def test_the_dialect_is_found_out_by_asking(real, dialect):
    assert real.dialect(timeout=SOON) is dialect


def test_a_proxys_refusal_says_nothing_of_the_dialect():
    """Else a VictoriaMetrics behind it would be asked in PromQL until the next start."""
    with (
        a_server(lambda handler, _: reply(handler, "Bad Request", status=400)) as url,
        pytest.raises(Refused, match="400 Bad Request"),
    ):
        PrometheusSource(url).dialect(timeout=SOON)


def test_warnings_are_kept():
    body = json.loads(EMPTY) | {"warnings": ["one store did not answer"]}
    with a_server(lambda handler, _: reply(handler, json.dumps(body))) as url:
        assert ask(PrometheusSource(url)).warnings == ["one store did not answer"]


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        pytest.param(400, '{"status":"error","error":"parse error"}', Refused, "parse error", id="400"),
        pytest.param(422, '{"status":"error","error":"many-to-many"}', Refused, "many-to-many", id="422"),
        pytest.param(
            422,
            '{"status":"error","error":"expanding series: context deadline exceeded"}',
            Unavailable,
            "deadline exceeded",
            id="422-too-late",
        ),
        pytest.param(
            422,
            '{"status":"error","error":"cannot execute query: timeout exceeded during query execution: 9.000 seconds"}',
            Unavailable,
            "timeout exceeded",
            id="422-too-late-in-VictoriaMetrics",
        ),
        pytest.param(401, "who are you?", Refused, "401 Unauthorized", id="401"),
        pytest.param(404, "404 page not found", Refused, "404 Not Found", id="404"),
        pytest.param(429, "slow down", Unavailable, "429 Too Many Requests", id="429"),
        pytest.param(500, '{"status":"error","error":"disk"}', Unavailable, "disk", id="500"),
        pytest.param(503, '{"status":"error","error":"query timed out"}', Unavailable, "timed out", id="503"),
        pytest.param(502, "<html>", Unavailable, "502 Bad Gateway", id="502"),
        pytest.param(200, '{"status":"succ', Unavailable, "not an answer", id="invalid-json"),
        pytest.param(200, "<html>log in</html>", Unavailable, "<html>log in", id="html"),
        pytest.param(
            200, '{"status":"error","error":"x"}', Unavailable, "not an answer", id="200-with-error"
        ),
        pytest.param(200, "[]", Unavailable, "not an answer", id="not-an-object"),
        pytest.param(200, "", Unavailable, "not an answer", id="nothing"),
    ],
)
def test_each_kind_of_no_is_the_right_error(status, body, error, message):
    with a_server(lambda handler, _: reply(handler, body, status=status)) as url:
        with pytest.raises(error, match=message) as caught:
            ask(PrometheusSource(url))
        assert url in str(caught.value)
        if error is Refused:
            assert caught.value.code == str(status)


def test_half_a_body_is_unavailable():
    with (
        a_server(lambda handler, _: reply(handler, EMPTY, length=len(EMPTY) + 10)) as url,
        pytest.raises(Unavailable, match="10 more expected"),
    ):
        ask(PrometheusSource(url))


def test_a_redirect_is_refused_and_says_where_to():
    def away(handler, _):
        location = f"https://user:{SECRET}@prometheus.example/api/v1/query"
        reply(handler, "", status=302, headers=[("Location", location)])

    with a_server(away) as url, pytest.raises(Refused, match=r"https://prometheus\.example") as refusal:
        ask(PrometheusSource(url))
    assert refusal.value.code == "302"
    assert SECRET not in str(refusal.value)


def test_a_refused_connection_is_unavailable():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable, match=rf"http://127\.0\.0\.1:{port}: Connection refused"):
        ask(PrometheusSource(f"http://127.0.0.1:{port}"))


def test_a_host_that_hangs_is_given_up():
    done = Event()
    with a_server(lambda *_: done.wait(30)) as url:
        with pytest.raises(Unavailable, match=r"no answer within 0\.2 s"):
            ask(PrometheusSource(url), timeout=timedelta(milliseconds=200))
        done.set()


def test_a_body_that_trickles_is_given_up():
    done = Event()

    def trickle(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not done.wait(0.02):
            handler.wfile.write(b" ")

    with a_server(trickle) as url:
        with pytest.raises(Unavailable, match=r"no answer within 0\.3 s"):
            ask(PrometheusSource(url), timeout=timedelta(milliseconds=300))
        done.set()


def test_nothing_is_asked_twice():
    asked = []

    def fail(handler, form):
        asked.append(form)
        reply(handler, "", status=503)

    with a_server(fail) as url, pytest.raises(Unavailable):
        ask(PrometheusSource(url))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("access", "user", "expected"),
    [
        pytest.param(Access(bearer_token=SECRET), "", {"Authorization": f"Bearer {SECRET}"}, id="bearer"),
        pytest.param(
            Access(basic=("me", SECRET)),
            "",
            {"Authorization": "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()},
            id="basic",
        ),
        pytest.param(
            None,
            f"me:{SECRET}%40@",
            {"Authorization": "Basic " + base64.b64encode(f"me:{SECRET}@".encode()).decode()},
            id="in-the-url",
        ),
        pytest.param(
            Access(headers={"X-Scope-OrgID": "music", "X-Key": SECRET}),
            "",
            {"X-Scope-OrgID": "music", "X-Key": SECRET},
            id="headers",
        ),
    ],
)
def test_credentials_are_sent_and_never_shown(access, user, expected, caplog):
    sent = {}

    def refuse(handler, _):
        sent.update(handler.headers)
        reply(handler, "no", status=403)

    caplog.set_level(logging.DEBUG)
    with a_server(refuse) as url:
        source = PrometheusSource(url.replace("://", f"://{user}"), access)
        with pytest.raises(Refused) as refusal:
            ask(source)
    assert expected.items() <= sent.items()
    for shown in (str(refusal.value), repr(access), caplog.text, repr(source)):
        assert SECRET not in shown


def test_the_time_and_the_limit_are_sent_as_prometheus_reads_them():
    forms = []

    def note(handler, form):
        forms.append((handler.path, form))
        reply(handler, EMPTY)

    with a_server(note) as url:
        ask(PrometheusSource(url + "/prometheus/"), "up", start=120, end=120)
        ask(PrometheusSource(url), "up", start=60, end=180, step=30)
    assert forms == [
        ("/prometheus/api/v1/query", {"query": "up", "time": "120", "timeout": "4000ms"}),
        (
            "/api/v1/query_range",
            {"query": "up", "start": "60", "end": "180", "step": "30", "timeout": "4000ms"},
        ),
    ]


def test_a_certificate_of_an_own_authority_is_trusted_when_it_is_given(tmp_path):
    certificate, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with a_server(
        lambda handler, _: reply(handler, EMPTY),
        wrap=lambda sock: context.wrap_socket(sock, server_side=True),
    ) as url:
        assert ask(PrometheusSource(url, Access(ca_file=certificate))).labels == []
        with pytest.raises(Unavailable, match="certificate verify failed"):
            ask(PrometheusSource(url))


POINTS = st.lists(st.tuples(st.integers(0, 2**40), st.floats(width=32)), min_size=1, max_size=5)


@given(
    st.lists(
        st.tuples(st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=2), POINTS), max_size=4
    )
)
def test_reading_numbers_all_at_once_is_reading_them_one_by_one(series):
    result = [
        {"metric": labels, "values": [[time, str(value)] for time, value in points]}
        for labels, points in series
    ]
    body = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    quick = read_answer(json.dumps(body, separators=(",", ":")).encode())
    plain = read_answer(json.dumps(body, indent=1).encode())
    assert list(quick.labels) == list(plain.labels) == [labels for labels, _ in series]
    assert quick.series.tolist() == plain.series.tolist()
    assert quick.times.tolist() == plain.times.tolist()
    np.testing.assert_array_equal(quick.values, plain.values)
