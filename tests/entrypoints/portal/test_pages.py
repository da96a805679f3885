import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from support.catalogs import a_catalog, a_service, a_squad, an_slo
from support.views import (
    NOW,
    Alerts,
    a_delivery,
    a_status,
    an_incident,
    browse,
    organisation,
    small_views,
    views_of,
)

from observatory.catalog import OnCall
from observatory.evaluation import State

HOSTILE = '<script>alert("x")</script>&<b>'
PAGES = ("/", "/slos", "/squads/playlists", "/slos/playlist/availability", "/incidents/inc-7f3a9c")


class Landmarks(HTMLParser):
    """Counts what screen readers go by, and what a strict policy forbids."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.headers_without_scope, self.inline, self.unlabelled = [], 0, [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.headers_without_scope += tag == "th" and "scope" not in given
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += ["script"] if tag == "script" and "src" not in given else []
        self.unlabelled += tag == "img" and "alt" not in given


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace("\u00a0", " ")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_landmarks_and_nothing_inline(path):
    answer = browse(organisation()).get(path)
    assert answer.status_code == 200
    page = Landmarks(answer.text)
    assert [page.tags.count(tag) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert (page.headers_without_scope, page.inline, page.unlabelled) == (0, [], 0)
    assert '<html lang="en">' in answer.text


def test_the_first_page_shows_every_squad_the_worst_budgets_and_what_burns():
    text = text_of(browse(organisation()).get("/").text)
    for squad in organisation().board.snapshot.catalog.squads:
        assert squad in text
    assert (
        text.index("search / availability")
        < text.index("playlist / availability")
        < text.index("playlist / latency")
    )
    assert "Open incidents 4" in text
    assert "for 23 min, since 02:24 UTC" in text


def test_squads_with_incidents_come_first():
    html = browse(organisation()).get("/").text
    order = re.findall(r'<th scope="row"><a href="/squads/([^"]+)"', html)
    assert order == [
        "search",
        "playlists",
        "core-infrastructure-and-developer-experience-platform",
        "ads",
        "music",
        "lab",
    ]


@pytest.mark.parametrize(
    ("slo", "sentence"),
    [
        pytest.param(
            "search/availability", "More failed over the last 30 d than the objective allows.", id="breached"
        ),
        pytest.param("playlist/availability", "the budget is gone in about 4 h", id="at-risk"),
        pytest.param(
            "campaigns/availability", "It may be fine or down: nobody can tell from here.", id="no-data"
        ),
        pytest.param("ad-decision/availability", "parse error: unexpected character", id="query-failed"),
        pytest.param("billing/availability", "There is no traffic", id="idle"),
        pytest.param("transcripts/availability", "too young to judge", id="new"),
        pytest.param("library/availability", "It keeps its promise over the last 30 d.", id="healthy"),
    ],
)
def test_a_state_is_told_in_words(slo, sentence):
    assert sentence in text_of(browse(organisation()).get(f"/slos/{slo}").text)


def test_an_slo_shows_its_budget_in_per_cent_events_and_minutes_and_where_it_is_written():
    text = text_of(
        browse(organisation(), grafana_url="https://grafana.example/").get("/slos/playlist/availability").text
    )
    assert "Error budget left 10 %" in text
    assert "6.6 k of 63.8 k failures may still happen, as much as 4 min 29 s of full outage" in text
    assert "99.91 % objective 99.9 %" in text
    assert "catalog/playlists/playlist.yml:14" in text
    assert "03:47 CET Europe/Stockholm" in text
    assert "Why doesn't a rolling budget start at 100 %?" in text


def test_links_leave_for_runbook_and_grafana_only_over_http():
    views = views_of(a_catalog(a_service()))
    html = browse(views, grafana_url="https://grafana.example/").get("/slos/playlist/availability").text
    assert 'href="https://runbooks.example/playlist"' in html
    assert 'href="https://grafana.example/d/service-playlist"' in html
    unsafe = browse(views, grafana_url="javascript:alert(1)").get("/slos/playlist/availability").text
    assert "javascript:" not in unsafe


def test_a_squad_shows_its_people_and_what_it_stands_on():
    text = text_of(browse(organisation()).get("/squads/playlists").text)
    assert "Slack C0PLAYLISTS, else C0ONCALL00" in text
    assert "Mon-Fri 09:00-18:00" in text
    assert "search budget gone" in text
    core = browse(organisation()).get("/squads/core-infrastructure-and-developer-experience-platform").text
    assert "retired-service not in the catalog" in text_of(core)


def test_an_incident_shows_how_long_and_who_was_told():
    html = browse(organisation()).get("/incidents/inc-7f3a9c").text
    text = text_of(html)
    assert "It has been burning for 23 min." in text
    assert "02:24 UTC 03:24 CET" in text
    assert "burning 17.2× too fast new message C0PLAYLISTS sent 02:24 UTC" in text
    assert 'href="https://music.slack.example/archives/C0PLAYLISTS/p1773801841000100"' in html


def test_an_incident_whose_slo_is_gone_is_still_told():
    views = views_of(a_catalog(a_service("other", squad="others")))
    entry = next(small_views().board.snapshot.catalog.slos())
    views.alerts.record([an_incident("old", entry)], [])
    assert "The catalog has this SLO no longer." in text_of(browse(views).get("/incidents/old").text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", 28, id="all"),
        pytest.param("q=playlist+latency", 1, id="words"),
        pytest.param("q=PLAYLIST", 6, id="any-case-and-squad-names"),
        pytest.param("squad=music", 4, id="squad"),
        pytest.param("state=breached", 2, id="state"),
        pytest.param("q=nothing-like-it", 0, id="none"),
        pytest.param("squad=nobody&state=nowhere", 0, id="unknown-filters"),
    ],
)
def test_slos_are_found(query, found):
    html = browse(organisation()).get(f"/slos?{query}").text
    assert f"{found} SLO" in text_of(html)
    assert len(re.findall(r'<th scope="row">', html)) == found


def test_unknown_pages_are_told_in_html_with_the_nearest_name():
    answer = browse(organisation()).get("/squads/playlist")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert 'There is no squad "playlist". Did you mean "playlists"?' in text_of(answer.text).replace(
        "&#34;", '"'
    )
    assert browse(organisation()).get("/nowhere").status_code == 404


def test_without_the_database_the_numbers_are_still_shown():
    views = organisation()
    views.alerts.gone = True
    client = browse(views)
    for path in ("/", "/squads/search", "/slos/search/availability"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "The database does not answer" in answer.text
    assert client.get("/incidents/inc-7f3a9c").status_code == 503


def test_numbers_that_are_not_to_be_relied_upon_say_so():
    views = small_views()
    views.clock.advance(timedelta(minutes=5))
    assert "Don't rely on these numbers." in text_of(browse(views).get("/").text)
    assert "Don't rely" not in browse(small_views()).get("/").text


def test_an_empty_organisation_says_how_to_begin():
    text = text_of(browse(views_of(a_catalog(a_service(slos=()), squads=[a_squad()]))).get("/").text)
    assert "There are no SLOs yet." in text
    assert "no numbers yet" in text.lower()


def test_an_slo_that_was_never_evaluated_shows_no_number():
    text = text_of(browse(views_of(a_catalog())).get("/slos/playlist/availability").text)
    assert "It has not been evaluated yet" in text
    assert text.count("no data") >= 4
    assert " 0 %" not in text


def test_hostile_text_stays_text():
    squad = a_squad(description=HOSTILE, on_call=OnCall(timezone="UTC"))
    service = a_service(description=HOSTILE, slos=(an_slo(description=HOSTILE),))
    catalog = a_catalog(service, squads=[squad])
    entry = next(catalog.slos())
    incident = an_incident("x", entry, tiers=(HOSTILE,))
    status = a_status(entry, state=State.QUERY_FAILED, failure=HOSTILE)
    views = views_of(
        catalog, [status], alerts=Alerts([incident], [a_delivery(incident, HOSTILE, last_error=HOSTILE)])
    )
    client = browse(views)
    for path in (
        "/",
        "/squads/playlists",
        "/slos/playlist/availability",
        "/incidents/x",
        f"/slos?q={HOSTILE}",
    ):
        html = client.get(path).text
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html


def test_a_chart_is_drawn_in_the_colours_and_size_that_are_asked_for():
    client = browse(small_views())
    address = "/slos/playlist/availability/burn-down.svg"
    drawn = {query: client.get(f"{address}?{query}") for query in ("", "scheme=dark", "size=narrow")}
    assert {answer.headers["content-type"] for answer in drawn.values()} == {"image/svg+xml"}
    assert len({answer.text for answer in drawn.values()}) == 3
    assert client.get(f"{address}?size=wider").status_code == 404
    assert client.get(f"{address}?scheme=blue").status_code == 422
    assert browse(views_of(a_catalog())).get(address).status_code == 404


def test_a_chart_is_drawn_once_a_tick(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "observatory.entrypoints.portal.drawings.burn_down_svg",
        lambda points, **_: drawn.append(points) or "<svg/>",
    )
    views = small_views()
    client = browse(views)
    for _ in range(3):
        client.get("/slos/playlist/availability/burn-down.svg")
    assert len(drawn) == 1
    views.board.show(replace(views.board.snapshot, at=NOW), views.board.health)
    client.get("/slos/playlist/availability/burn-down.svg")
    assert len(drawn) == 2
