import json
import re
from pathlib import Path

import jsonschema
import yaml
from support.catalogs import parse_sli

from observatory.catalog import json_schema, parse_catalog

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "catalog.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_definitions_on_the_page_are_right():
    squad, service, *_ = blocks("yaml")
    others = {
        "platform.yml": squad.replace("name: playlists", "name: platform"),
        "search.yml": service.replace("name: playlist\n", "name: search\n").replace("[search]", "[playlist]"),
    }
    files = {"squad.yml": squad, "playlist.yml": service} | others
    assert parse_catalog({file: text.encode() for file, text in files.items()}).problems == ()
    for text in files.values():
        jsonschema.validate(yaml.safe_load(text), json_schema())


def test_the_slis_on_the_page_are_right():
    slis = yaml.safe_load(block_of("# SLIs"))
    assert_right([{"sli": sli} for sli in slis])


def test_the_methods_on_the_page_are_right():
    methods = yaml.safe_load(block_of("# methods"))
    assert_right([{"sli": {"probe": "up"}, "method": method} for method in methods])


def block_of(title):
    (block,) = [text for text in blocks("yaml") if text.startswith(title)]
    return block


def assert_right(slos):
    document = yaml.safe_load(blocks("yaml")[1])
    document["depends_on"] = []
    document["slos"] = [{"name": f"slo-{number}", "objective": 99} | slo for number, slo in enumerate(slos)]
    jsonschema.validate(document, json_schema())
    files = {
        "squad.yml": blocks("yaml")[0].replace("to: platform", "to: playlists"),
        "s.yml": json.dumps(document),
    }
    parsed = parse_catalog({file: text.encode() for file, text in files.items()})
    assert parsed.errors == ()
    assert len(parsed.catalog.services["playlist"].slos) == len(document["slos"])


def test_the_presets_on_the_page_are_those_there_are():
    rows = re.findall(r"(?m)^\| `(\w+)` \| `([^`]+)`[^|]*\| `([^`]+)`", PAGE.split("| preset |")[1])
    assert [name for name, _, _ in rows] == list(presets())
    for name, total, histogram in rows:
        assert total == str(parse_sli(f"{{preset: {name}}}").total[0])
        sli = parse_sli(f"{{preset: {name}, below: 1s}}")
        assert histogram.split("{")[0] == sli.histogram.metric


def presets():
    words = json_schema()["$defs"]["Preset"]["properties"]["preset"]["enum"]
    return sorted(words, key=PAGE.split("| preset |")[1].index)


def test_the_program_on_the_page_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (program,) = blocks("python")
    exec(program, {})  # noqa: S102 - the page's own program
    assert "playback/availability 99.95 playback" in capsys.readouterr().out


def test_the_mistakes_on_the_page_are_told_in_these_words():
    squad, service, *_ = blocks("yaml")
    broken = service.replace("squad: playlists", "squad: playlist").replace("99.9 ", "0.999 ")
    broken = broken.replace("depends_on: [search]", "depends_on: []")
    squad = squad.replace("to: platform", "to: playlists")
    file = "catalog/playlists/playlist.yml"
    problems = parse_catalog({"squad.yml": squad.encode(), file: broken.encode()}).problems
    for told in problems:
        assert str(told).split(": error")[1] in PAGE
    assert len(problems) == 2
