import pytest
from support.catalogs import SERVICE_YAML, SQUAD_YAML, changed, parse_yaml


def the_problem(parsed):
    assert len(parsed.problems) == 1, "\n".join(map(str, parsed.problems))
    return parsed.problems[0]


def other(name, depends_on="[]"):
    return SERVICE_YAML.replace("name: playlist\n", f"name: {name}\n").replace("[]", depends_on)


def test_an_owner_that_nobody_defines_is_an_error_with_the_nearest_squad():
    problem = the_problem(parse_yaml(changed("squad: playlists", "squad: playlist")))
    assert (str(problem.place), problem.path, problem.value) == ("playlist.yml:4:8", "squad", "playlist")
    assert problem.nearest == "playlists"


def test_a_dependency_that_nobody_defines_is_an_error_with_the_nearest_service():
    problem = the_problem(parse_yaml(other("search"), more=other("playlist", "[serach]")))
    assert (problem.path, problem.nearest) == ("depends_on[0]", "search")


def test_an_escalation_goes_to_a_squad_that_exists():
    problem = the_problem(parse_yaml(squad=changed("to: playlists", "to: nobody", text=SQUAD_YAML)))
    assert (problem.path, problem.value) == ("on_call.escalate.to", "nobody")


def test_a_service_does_not_depend_on_itself():
    problem = the_problem(parse_yaml(changed("[]", "[playlist]")))
    assert "does not depend on itself" in problem.rule


def test_a_dependency_is_named_once():
    problem = the_problem(parse_yaml(changed("[]", "[search, search]"), more=other("search")))
    assert (problem.path, str(problem.place)) == ("depends_on[1]", "playlist.yml:9:22")
    assert "playlist.yml:9:14" in problem.rule


def test_services_may_depend_on_each_other():
    parsed = parse_yaml(changed("[]", "[search]"), more=other("search", "[playlist]"))
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("files", "first", "second"),
    [
        pytest.param({"more": SERVICE_YAML}, "more.yml:3:7", "playlist.yml:3:7", id="service"),
        pytest.param({"zquad": SQUAD_YAML}, "squad.yml:3:7", "zquad.yml:3:7", id="squad"),
        pytest.param(
            {"service": changed("- name: latency", "- name: availability")},
            "playlist.yml:14:11",
            "playlist.yml:18:11",
            id="slo",
        ),
    ],
)
def test_a_name_that_is_taken_is_told_with_both_places(files, first, second):
    problem = the_problem(parse_yaml(**files))
    assert str(problem.place) == second
    assert f"taken by {first}" in problem.rule


def test_a_channel_by_name_is_only_a_warning():
    parsed = parse_yaml(squad=changed("C0PLAYLISTS", "'#playlists'", text=SQUAD_YAML))
    problem = the_problem(parsed)
    assert (problem.severity, problem.path, problem.value) == ("warning", "slack.channel", "#playlists")
    assert parsed.valid().squads["playlists"].slack.channel == "#playlists"


def test_a_broken_definition_still_counts_as_defined():
    parsed = parse_yaml(changed("[]", "[search]"), more=other("search").replace("tier: 1", "tier: 9"))
    assert the_problem(parsed).path == "tier"
    assert "search" not in parsed.catalog.services


@pytest.mark.parametrize("broken", ["tier: [", "tier: 'x", "\ttier: 1", "tier: *x"])
def test_what_a_file_with_broken_yaml_may_define_is_not_called_unknown(broken):
    parsed = parse_yaml(changed("[]", "[search]"), more=other("search").replace("tier: 1", broken))
    assert the_problem(parsed).place.file == "more.yml"


def test_a_squad_in_broken_yaml_is_not_called_unknown():
    problem = the_problem(parse_yaml(squad=f"{SQUAD_YAML}description: 'x"))
    assert problem.place.file == "squad.yml"


def test_services_of_a_squad_that_could_not_be_read_are_left_out_without_a_second_problem():
    parsed = parse_yaml(squad=changed("C0PLAYLISTS", "playlists", text=SQUAD_YAML))
    assert the_problem(parsed).path == "slack.channel"
    assert parsed.catalog.services == {}
    assert list(parsed.catalog.slos()) == []


def test_what_two_squads_claim_in_the_same_words_is_told_with_both_places():
    owns = "owns: {namespaces: [search, 'search-*'], files: [search]}\n"
    other_squad = SQUAD_YAML.replace("name: playlists\n", "name: zquad\n") + owns.replace("'search-*'", "'*'")
    problem = the_problem(
        parse_yaml(squad=SQUAD_YAML + owns.replace("files: [search]", ""), zquad=other_squad)
    )
    assert (problem.path, str(problem.place)) == ("owns.namespaces[0]", "zquad.yml:12:21")
    assert "squad.yml:12:21" in problem.rule
