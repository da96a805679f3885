import pytest
from support.catalogs import SERVICE_YAML, SQUAD_YAML, changed, parse_yaml

from observatory.alerting import Rules
from observatory.outputs.findings import Level
from observatory.outputs.routes import COVERAGE_RULES, Reach, coverage, written_channels

ESCALATING = changed("to: playlists", "to: search", text=SQUAD_YAML)
SEARCH = ESCALATING.replace("name: playlists", "name: search").replace("C0PLAYLISTS", "C0SEARCH00")
SEARCH = SEARCH.replace("to: search", "to: playlists")
RULES = Rules("C0CATCHALL")


def found_in(service=SERVICE_YAML, *, squad=ESCALATING, rules=RULES, channels=None):
    parsed = parse_yaml(service, squad=squad, search=SEARCH)
    return [(one.rule, one.level) for one in coverage(parsed, rules, channels=channels)]


def squad_with(old, new):
    return {"squad": changed(old, new, text=ESCALATING)}


ERROR, WARNING = Level.ERROR, Level.WARNING


def test_a_catalog_that_leaves_nobody_out_has_no_findings():
    assert found_in() == []


@pytest.mark.parametrize(
    ("given", "findings"),
    [
        pytest.param(
            {"service": changed("squad: playlists", "squad: playlist")}, [("no-owner", ERROR)], id="no owner"
        ),
        pytest.param({"rules": Rules()}, [("no-catch-all", ERROR)], id="no last resort"),
        pytest.param(
            squad_with("  fallback: C0ONCALL00\n", ""), [("no-fallback", WARNING)], id="last resort left"
        ),
        pytest.param(
            {"rules": Rules("C0PLAYLISTS")} | squad_with("  fallback: C0ONCALL00\n", ""),
            [("no-fallback", ERROR)],
            id="the last resort is the same channel",
        ),
        pytest.param(squad_with("C0ONCALL00", "C0PLAYLISTS"), [("same-fallback", ERROR)], id="same fallback"),
        pytest.param(
            squad_with("  escalate: {after: 15m, to: search}\n", ""),
            [("no-escalation", WARNING)],
            id="no escalation",
        ),
        pytest.param(
            {"rules": Rules("C0PLAYLISTS")} | squad_with("to: search", "to: playlists"),
            [("same-escalation", ERROR)],
            id="escalates to itself",
        ),
        pytest.param(
            squad_with("  mention: S0PLAYLIST\n", ""), [("no-mention", WARNING)], id="nobody by name"
        ),
        pytest.param(squad_with("C0PLAYLISTS", "'#playlists'"), [("channel-name", WARNING)], id="a name"),
        pytest.param(
            {"service": SERVICE_YAML[: SERVICE_YAML.index("slos:")]},
            [("no-slo", WARNING)],
            id="nothing promised",
        ),
        pytest.param({"channels": {"C0PLAYLISTS": Reach.ARCHIVED}}, [("channel", ERROR)], id="archived"),
        pytest.param({"channels": {"C0CATCHALL": Reach.MISSING}}, [("channel", ERROR)], id="missing"),
        pytest.param(
            {"channels": {"C0ONCALL00": Reach.PRIVATE}}, [("channel", ERROR)] * 2, id="private, of two"
        ),
        pytest.param({"channels": {"C0PLAYLISTS": Reach.PUBLIC}}, [], id="public"),
    ],
)
def test_what_alerts_could_fall_through_is_found(given, findings):
    assert found_in(**given) == findings
    assert {rule for rule, _ in findings} <= set(COVERAGE_RULES)


def test_a_finding_names_the_place_and_what_to_do():
    parsed = parse_yaml(changed("squad: playlists", "squad: playlist"), squad=ESCALATING, search=SEARCH)
    (finding,) = coverage(parsed, RULES)
    assert (finding.file, finding.line, finding.fix) == ("playlist.yml", 4, "did you mean playlists?")


def test_every_channel_is_asked_for_once():
    catalog = parse_yaml(squad=ESCALATING, search=SEARCH).catalog
    uses = written_channels(catalog, RULES)
    assert list(uses) == ["C0PLAYLISTS", "C0ONCALL00", "C0SEARCH00", "C0CATCHALL"]
    assert [use for use, _ in uses["C0ONCALL00"]] == ["fallback of playlists", "fallback of search"]
