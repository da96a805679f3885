from observatory.catalog import Place, Problem, report

PLACE = Place("playlists/playlist.yml", 14, 16)


def test_a_problem_reads_as_place_path_value_rule_and_example():
    problem = Problem(PLACE, "slos[0].objective", "an objective is below 100 percent", "100", "99.9")
    assert str(problem) == (
        "playlists/playlist.yml:14:16: error: slos[0].objective: 100\n"
        "    an objective is below 100 percent\n"
        "    such as: 99.9"
    )


def test_the_nearest_spelling_stands_in_for_the_example():
    problem = Problem(PLACE, "teir", "unknown key", example="x", nearest="tier")
    assert str(problem).splitlines()[1:] == ["    unknown key", "    did you mean tier?"]


def test_a_warning_says_that_it_is_one():
    assert str(Problem(PLACE, "", "mend it", severity="warning")) == (
        "playlists/playlist.yml:14:16: warning\n    mend it"
    )


def test_nothing_in_a_value_reaches_the_terminal_as_a_command():
    shown = str(Problem(PLACE, "a\x1b[2J", "rule\nx", value="\x1b[31mred\u202e\r"))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown.splitlines()) == 2


def test_a_report_ends_with_its_counts():
    error, warning = Problem(PLACE, "a", "b"), Problem(Place("x.yml", 1), "a", "b", severity="warning")
    assert report([error, error, warning]).splitlines()[-1] == "2 errors and 1 warning in 2 files"
    assert report([warning]).splitlines()[-1] == "1 warning in 1 file"
    assert report([]) == "no problems"
