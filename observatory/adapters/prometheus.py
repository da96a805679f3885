"""Prometheus, or anything that speaks its HTTP API, through prometheus-api-client."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import numpy as np
import orjson
import requests
import urllib3
from prometheus_api_client import PrometheusConnect
from urllib3.util.retry import Retry

from observatory.errors import ObservatoryError, Refused, Unavailable
from observatory.measurement import Answer
from observatory.planning import Dialect

_CHUNK = 1 << 20
_GRACE = timedelta(seconds=1)
"""Prometheus gives up this much earlier than we do, so that it is the one to say why."""
_BAD_QUERY, _TRY_LATER, _THEIR_FAULT = 400, 429, 500
_FORM = "application/x-www-form-urlencoded"
_TIMED_OUT = re.compile(r": context deadline exceeded$|: timeout exceeded (before|during|while) ")
"""Prometheus's words for it while it looks for series, and VictoriaMetrics's, under the code of queries that make no sense."""
_METRICSQL_ONLY, _ANYBODYS = "now()", "vector(0)"
"""PromQL has no such function, and no endpoint tells the two apart: VictoriaMetrics calls itself a Prometheus 2.24."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to be let in. Nothing of it shows in `repr`."""

    bearer_token: str | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    """User and password."""
    ca_file: Path | None = None
    """A certificate authority of your own (PEM)."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class PrometheusSource:
    """The metrics source over HTTP. Safe to use from several threads."""

    def __init__(self, url: str, access: Access | None = None) -> None:
        access = access or Access()
        self._url, of_url = _without_credentials(url)
        self._dialect: Dialect | None = None
        headers = {**access.headers, "Accept-Encoding": "identity", "Content-Type": _FORM}
        if access.bearer_token is not None:
            headers["Authorization"] = f"Bearer {access.bearer_token}"
        self._connection = PrometheusConnect(
            url=self._url,
            headers=headers,
            auth=access.basic or of_url,
            session=_Session(self._url, verify=str(access.ca_file) if access.ca_file else True),
            # A query that is tried again in silence hides what is wrong and eats the tick.
            retry=Retry(0),
            method="POST",
        )

    def query_range(self, promql: str, *, start: int, end: int, step: int, timeout: timedelta) -> Answer:
        """See the port. The time limit is Prometheus's own (less a grace) and ours."""
        theirs, ours = max(timeout - _GRACE, timeout / 2), timeout.total_seconds()
        params: dict[str, object] = {"timeout": f"{theirs // timedelta(milliseconds=1)}ms"}
        if start == end:
            answer = self._connection.custom_query(promql, params={**params, "time": end}, timeout=ours)
        else:
            answer = self._connection.custom_query_range(
                promql,
                start_time=datetime.fromtimestamp(start, UTC),
                end_time=datetime.fromtimestamp(end, UTC),
                step=str(step),
                params=params,
                timeout=ours,
            )
        assert isinstance(answer, Answer)  # noqa: S101 - what our session put there, through an untyped library
        return answer

    def dialect(self, *, timeout: timedelta) -> Dialect:
        """See the port."""
        if self._dialect is None:
            self._dialect = self._ask_dialect(timeout)
        return self._dialect

    def _ask_dialect(self, timeout: timedelta) -> Dialect:
        try:
            self.query_range(_METRICSQL_ONLY, start=0, end=0, step=1, timeout=timeout)
        except Refused as refusal:
            if refusal.code != str(_BAD_QUERY):
                raise
            # Proxies refuse with the same code, and whoever takes them at their word asks in the wrong dialect ever after.
            self.query_range(_ANYBODYS, start=0, end=0, step=1, timeout=timeout)
            return Dialect.PROMQL
        return Dialect.METRICSQL

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class _Reply:
    """What PrometheusConnect takes for the response: an answer where it looks for the result."""

    answer: Answer
    status_code: int = 200

    def json(self) -> Mapping[str, Mapping[str, Answer]]:
        """The answer, in the place of Prometheus's `data.result`."""
        return {"data": {"result": self.answer}}


class _Session(requests.Session):
    """Sends what PrometheusConnect composes as a form, minds the clock, and reads the answer.

    PrometheusConnect itself would send a POST's parameters in the URL, where long queries do not fit, drop the
    warnings, keep waiting for a body that trickles, and say of an error no more than its status.
    """

    def __init__(self, url: str, *, verify: str | bool) -> None:
        super().__init__()
        self.verify = verify
        self.trust_env = False
        self._where = f"Prometheus at {url}"

    def request(self, method: str, url: str, **options: Any) -> _Reply:  # type: ignore[override]  # see the class
        """Ask, and read the answer whole."""
        limit = options.pop("timeout")
        form = options.pop("params")
        until = monotonic() + limit
        try:
            with super().request(
                method, url, data=_encoded(form), timeout=limit, stream=True, allow_redirects=False, **options
            ) as response:
                body = self._body(response, until, limit)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise self._late(limit) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise Unavailable(f"{self._where}: {_cause(error)}") from error
        if response.status_code != requests.codes.ok:
            raise self._refusal(response, body)
        return _Reply(self._answer(body))

    def _body(self, response: requests.Response, until: float, limit: float) -> bytes:
        body = bytearray()
        # Small reads return as soon as anything is there, so that a body that trickles can't outlast the limit.
        while chunk := response.raw.read1(_CHUNK):
            body += chunk
            if monotonic() > until:
                raise self._late(limit)
        return bytes(body)

    def _late(self, limit: float) -> Unavailable:
        return Unavailable(f"{self._where}: no answer within {limit:g} s")

    def _refusal(self, response: requests.Response, body: bytes) -> ObservatoryError:
        status = response.status_code
        if response.is_redirect:
            place = _without_credentials(response.headers["location"])[0]
            message = f"{self._where}: redirects to {place}; give the address where it really is"
            return Refused(message, code=str(status))
        message = f"{self._where}: {_own_words(body) or f'{status} {response.reason}'}"
        if status >= _THEIR_FAULT or status == _TRY_LATER or _TIMED_OUT.search(message):
            return Unavailable(message)
        return Refused(message, code=str(status))

    def _answer(self, body: bytes) -> Answer:
        try:
            return read_answer(body)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            start = body[:60].decode(errors="replace")
            raise Unavailable(f"{self._where}: not an answer to a query: {start!r}…") from error


def _encoded(form: Mapping[str, object]) -> str:
    """As `urllib.parse.urlencode`, which looks at every character: a query has thousands, and few different ones."""
    return "&".join(f"{name}={_quoted(str(value))}" for name, value in form.items())


def _quoted(text: str) -> str:
    special = [character for character in set(text) if quote(character, safe="") != character]
    for character in sorted(special, key="%".__ne__):  # first the one that the others become
        text = text.replace(character, quote(character, safe=""))
    return text


def read_answer(body: bytes) -> Answer:
    """The body of a successful answer.

    A range answer is mostly numbers, so they are read as numbers, all at once, and only what is left goes through
    a JSON parser: several times as fast, and without a Python object for each. This relies on Prometheus writing
    no blanks; anything else is read in the plain way.

    Raises:
        ValueError, KeyError, TypeError, IndexError: it is not what Prometheus sends.
    """
    # No string can contain this: its quotation marks would be escaped.
    head, *tails = body.split(b'"values":[[')
    skeleton, columns = [head], []
    for tail in tails:
        end = tail.index(b"]]")
        columns.append(tail[:end].translate(None, b'"[]'))
        skeleton.append(tail[end + 2 :])
    answer = orjson.loads(b'"values":[]'.join(skeleton))
    if answer["status"] != "success":
        raise ValueError(answer.get("error"))
    result = answer["data"]["result"]
    if answer["data"]["resultType"] not in ("matrix", "vector"):
        raise ValueError(f"unexpected {answer['data']['resultType']}")
    labels = [row["metric"] for row in result]
    warnings = answer.get("warnings", ())
    if columns and len(columns) == len(result):
        return _from_numbers(labels, columns, warnings)
    if any("values" in row for row in result):
        return Answer.of(((row["metric"], _points(row)) for row in result), warnings)
    return _from_instants(labels, [row["value"] for row in result], warnings)


def _from_numbers(
    labels: Sequence[Mapping[str, str]], columns: Sequence[bytes], warnings: Sequence[str]
) -> Answer:
    numbers = np.fromstring(b",".join(columns), dtype=np.float64, sep=",")
    counts = [column.count(b",") // 2 + 1 for column in columns]
    if len(numbers) != 2 * sum(counts):
        raise ValueError("not (time, value) pairs")
    return Answer(
        labels=labels,
        series=np.repeat(np.arange(len(counts)), counts),
        times=numbers[0::2].astype(np.int64),
        values=numbers[1::2],
        warnings=warnings,
    )


def _from_instants(
    labels: Sequence[Mapping[str, str]], points: Sequence[tuple[float, str]], warnings: Sequence[str]
) -> Answer:
    return Answer(
        labels=labels,
        series=np.arange(len(points)),
        times=np.array([time for time, _ in points], dtype=np.float64).astype(np.int64),
        values=np.array([float(value) for _, value in points], dtype=np.float64),
        warnings=warnings,
    )


def _points(row: Mapping[str, Any]) -> Sequence[tuple[int, float]]:
    pairs = row["values"] if "values" in row else [row["value"]]
    return [(int(time), float(value)) for time, value in pairs]


def _own_words(body: bytes) -> str | None:
    """Prometheus's own message, if this is one."""
    try:
        message = orjson.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(message)


def _cause(error: BaseException) -> str:
    """The innermost reason: the outer ones repeat the URL and Python's names."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _without_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    parts = urlsplit(url)
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")
    if parts.username is None:
        return plain, None
    return plain, (unquote(parts.username), unquote(parts.password or ""))
