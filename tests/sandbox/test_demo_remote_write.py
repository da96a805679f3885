import httpx2
import numpy as np
import pytest
from support.prometheus import prometheus

from observatory.errors import Refused, Unavailable
from observatory.sandbox.demo.remote_write import STALE, Series, with_ends, write

START = 1_700_000_000_000
RECEIVING = ["--web.enable-remote-write-receiver"]


def range_of(url, query, *, start, end, step):
    answer = httpx2.get(
        f"{url}/api/v1/query", params={"query": f"{query}[{end - start + 1}s]", "time": end}
    ).json()
    return {
        tuple(sorted(one["metric"].items())): [(at, float(value)) for at, value in one["values"]]
        for one in answer["data"]["result"]
    }


def test_prometheus_reads_back_what_was_written_and_what_was_not(tmp_path):
    times = START + np.arange(4) * 60_000 + 7
    labels = {"__name__": "made_total", "route": 'with "quotes", \\ and ü', "empty_last": "x" * 300}
    full = Series(labels, np.array([0.1, 1e300, -0.0, 2**53 + 2.0]))
    gap = Series({"__name__": "gap_total"}, with_ends(np.array([1.0, np.nan, np.nan, 4.0])))
    never = Series({"__name__": "never_total"}, np.full(4, np.nan))

    with (
        prometheus(tmp_path, config="global: {}", flags=RECEIVING) as url,
        httpx2.Client(base_url=url) as client,
    ):
        write(client, [full, gap, never], times)
        last = int(times[-1]) // 1000 + 1
        read = {
            name: range_of(url, name, start=START // 1000, end=last, step=60)
            for name in ("made_total", "gap_total", "never_total")
        }
        instant = httpx2.get(
            f"{url}/api/v1/query", params={"query": "gap_total", "time": int(times[1]) / 1000}
        ).json()

    assert read["made_total"] == {
        tuple(sorted(labels.items())): [
            (t / 1000, v) for t, v in zip(times.tolist(), full.values.tolist(), strict=True)
        ]
    }
    assert [value for _, value in read["gap_total"][("__name__", "gap_total"),]] == [1.0, 4.0]
    assert instant["data"]["result"] == []  # stale at once, not after five minutes
    assert read["never_total"] == {}


def test_only_the_first_missing_sample_after_a_present_one_is_marked():
    marked = with_ends(np.array([np.nan, 1.0, np.nan, np.nan, 2.0, np.nan]))

    assert [value.tobytes() == STALE.tobytes() for value in marked] == [
        False,
        False,
        True,
        False,
        False,
        True,
    ]


def test_prometheus_says_no_to_samples_that_are_older_than_it_takes(tmp_path):
    day = np.array([START + 86_400_000, START])
    series = [Series({"__name__": "x_total"}, np.array([1.0, 2.0]))]

    with (
        prometheus(tmp_path, config="global: {}", flags=RECEIVING) as url,
        httpx2.Client(base_url=url) as client,
        pytest.raises(Refused, match=r"remote write to http://127\.0\.0\.1:\d+.*out of bounds"),
    ):
        write(client, series, day)


def test_a_prometheus_that_is_not_there_is_unavailable():
    with (
        httpx2.Client(base_url="http://127.0.0.1:1") as client,
        pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"),
    ):
        write(client, [Series({"__name__": "x"}, np.array([1.0]))], np.array([START]))
