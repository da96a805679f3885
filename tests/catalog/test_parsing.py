import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.catalogs import SERVICE_YAML, SQUAD_YAML, changed, parse_yaml

from observatory.catalog import MAX_BYTES, CatalogParser, InvalidCatalog, Place, parse_catalog, scalars
from observatory.catalog.nodes import Scalar
from observatory.catalog.parsing import MAX_PROBLEMS

FILES = {"squad.yml": SQUAD_YAML.encode(), "playlist.yml": SERVICE_YAML.encode()}


def problems_of(content):
    return parse_catalog({"x.yml": content}).problems


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (letter, letter, b",".join([b"*%c" % (letter - 1)] * 10)) for letter in b"bcdefghi"
)


@pytest.mark.parametrize(
    ("content", "place", "rule"),
    [
        pytest.param(b"", "1:1", "nothing is defined here", id="empty"),
        pytest.param(b"# later\n", "1:1", "nothing is defined here", id="only a comment"),
        pytest.param(b"---\n---\n", "1:1", "nothing is defined here", id="empty documents"),
        pytest.param(b"- a\n", "1:1", "a document is a mapping", id="a list"),
        pytest.param(b"playlist\n", "1:1", "a document is a mapping", id="a word"),
        pytest.param(b"a: [1, 2\nb: 3\n", "2:2", "a bracket is not closed", id="an open bracket"),
        pytest.param(b"a: 'x\n", "2:1", "a quote is not closed", id="an open quote"),
        pytest.param(b"a:\n\tb: c\n", "2:1", "indented with spaces", id="tabs"),
        pytest.param(b"a: `b`\n", "1:4", "begins with ` needs quotes", id="a backtick"),
        pytest.param(b"a: b: c\n", "1:5", "contains ': ' needs quotes", id="two colons"),
        pytest.param(b"a: \xff\n", "1:4", "UTF-8", id="Latin-1"),
        pytest.param(b"\xff\xfea\x00", "1:1", "UTF-8", id="UTF-16"),
        pytest.param(b"\xef\xbb\xbfa\n\xff", "2:1", "UTF-8", id="a mark, then no UTF-8"),
        pytest.param(b"\xef\xbb\xbf\x00", "1:1", "no control characters", id="a mark, then NUL"),
        pytest.param(b"a: 1\nb: \x00\n", "2:4", "no control characters", id="NUL"),
        pytest.param(b"a: \x1b[31m\n", "1:4", "no control characters", id="an escape sequence"),
        pytest.param(b"a: *b\n", "1:4", "names an anchor", id="an alias of nothing"),
        pytest.param(b"a: &a [*a]\n", "1:8", "outside itself", id="an alias of itself"),
        pytest.param(BOMB, None, "aliases counted in full", id="a billion laughs"),
        pytest.param(b"[" * 100_000, "1:21", "at most 20 deep", id="deep brackets"),
        pytest.param(b"{a: " * 100_000, None, "at most 20 deep", id="deep braces"),
        pytest.param(b"".join(b" " * i + b"a:\n" for i in range(900)), None, "20 deep", id="deep blocks"),
        pytest.param(b"- " * 100_000, None, "at most 20 deep", id="deep lists"),
        pytest.param(b"x" * 10_000_000, "1:1", "at most 1,024 KiB", id="ten megabytes"),
        pytest.param(b"[" + b"," * 900_000, None, "not YAML", id="commas"),
        pytest.param(b"a: [" + b"x," * 60_000 + b"]", None, "at most 50000 values", id="too many values"),
    ],
)
def test_hostile_text_gets_one_clear_problem(content, place, rule):
    (problem,) = problems_of(content)
    assert rule in problem.rule
    assert place is None or str(problem.place) == f"x.yml:{place}"
    assert len(str(problem)) < 500


@pytest.mark.parametrize(
    ("old", "new", "place", "rule"),
    [
        pytest.param("tier: 1", "tier: 1\ntier: 2", "6:1", "a key stands once", id="a key twice"),
        pytest.param(
            "tier: 1", "tier: !!python/object/apply:os.system [x]", "5:7", "tags", id="a Python tag"
        ),
        pytest.param(
            "name: playlist", "name: !!str playlist", "3:7", "tags are refused", id="a standard tag"
        ),
        pytest.param("tier: 1", "? [a]\n: b", "5:3", "a key is a single word", id="a list as key"),
        pytest.param("tier: 1", "<<: {a: b}", "5:1", "unknown key", id="merge keys"),
        pytest.param("/v1", "/v2", "1:13", "apiVersion is observatory/v1", id="another version"),
        pytest.param("apiVersion: observatory/v1\n", "", "1:1", "apiVersion is missing", id="no version"),
        pytest.param(
            "kind: Service", "kind: Servce", "2:7", "kind is Squad, Service, Journey or Event", id="kind"
        ),
        pytest.param("kind: Service\n", "", "1:1", "kind is missing", id="no kind"),
        pytest.param(
            "kind: Service", "kind: Policy", "2:7", "not supported yet; supported are", id="later kinds"
        ),
    ],
)
def test_a_mistake_in_the_yaml_is_told_beside_the_others(old, new, place, rule):
    found = parse_yaml(changed(old, new)).problems
    assert any(str(p.place) == f"playlist.yml:{place}" and rule in p.rule for p in found), found


def test_a_byte_order_mark_and_windows_lines_are_no_problem():
    content = b"\xef\xbb\xbf" + SERVICE_YAML.replace("\n", "\r\n").encode()
    assert parse_catalog(FILES | {"playlist.yml": content}).problems == ()


def test_an_alias_stands_for_what_it_names():
    shared = changed("selector: {job: playlist}", "selector: &all {job: playlist}")
    shared = changed("selector: {datname: playlists}", "selector: *all", text=shared)
    service = parse_yaml(shared).valid().services["playlist"]
    assert service.uses[0].selector == service.selector == {"job": "playlist"}


def test_an_alias_names_an_anchor_of_its_own_document():
    (problem,) = [one for one in problems_of(b"&a x\n---\n*a\n") if "an alias" in one.rule]
    assert str(problem.place) == "x.yml:3:1"


def test_the_documents_of_a_file_share_one_limit():
    hundred = "[" + ",".join("x" * 100) + "]"
    document = f"a: &a {hundred}\nb: &b [{','.join(['*a'] * 90)}]\n---\n"
    (problem,) = [one for one in problems_of(document.encode() * 10) if "aliases" in one.rule]
    assert problem.place.line > 10


def test_one_file_may_hold_several_documents():
    both = parse_catalog({"all.yml": f"---\n{SQUAD_YAML}---\n{SERVICE_YAML}...\n".encode()})
    assert both.problems == ()
    assert both.catalog.services["playlist"].place.line == len(SQUAD_YAML.splitlines()) + 3


@pytest.mark.parametrize("version", ["backstage.io/v1alpha1", "openslo/v1"])
def test_documents_of_other_products_are_left_out_with_a_warning(version):
    foreign = f"apiVersion: {version}\nkind: Service\nspec: {{}}\n"
    (problem,) = parse_yaml(more=foreign).problems
    assert problem.severity == "warning"
    assert "left out" in problem.rule


def test_the_size_limit_is_exact():
    padding = b"#" * (MAX_BYTES - len(SERVICE_YAML))
    assert parse_catalog(FILES | {"playlist.yml": SERVICE_YAML.encode() + padding}).problems == ()
    (problem,) = problems_of(SERVICE_YAML.encode() + padding + b"#")
    assert "at most" in problem.rule


def test_a_file_full_of_mistakes_is_told_in_part():
    content = b"apiVersion: observatory/v1\nkind: Squad\n" + b"".join(b"k%d: x\n" % i for i in range(9_000))
    problems = parse_catalog({"x.yml": content, "y.yml": b"a\n---\n" * 5_000}).problems
    in_one_document = [problem for problem in problems if problem.place.file == "x.yml"]
    assert len(in_one_document) == 51
    assert any(problem.rule == "and 8,952 more problems in this document" for problem in in_one_document)
    assert len(problems) - 51 == MAX_PROBLEMS + 1
    assert problems[-1].rule == "and 4,900 more problems from here on"


def test_problems_come_in_the_order_of_the_files():
    problems = parse_catalog({"b.yml": b"x", "a.yml": b"kind: x\nname: [\n", "c.yml": b""}).problems
    assert [problem.place.file for problem in problems] == ["a.yml", "b.yml", "c.yml"]


def test_an_invalid_catalog_carries_every_problem():
    parsed = parse_yaml(changed("tier: 1", "tier: 9"), more="x")
    with pytest.raises(InvalidCatalog) as invalid:
        parsed.valid()
    assert invalid.value.problems == parsed.problems
    assert str(invalid.value).endswith("2 errors in 2 files")


MUTATIONS = st.lists(
    st.tuples(
        st.integers(0, len(SERVICE_YAML)),
        st.integers(0, 12),
        st.sampled_from(
            [
                "",
                "\n",
                "\n  ",
                ": ",
                "- ",
                "[",
                "]",
                "{",
                "}",
                "'",
                '"',
                "&a ",
                "*a",
                "!x ",
                "no",
                "~",
                "012",
                ".nan",
                "1e999",
                "2024-01-01",
                "{__name__=~'x'}",
                "\t",
                "? ",
                "|\n",
                "\ufeff",
                "\u2028",
                "%",
                "@",
                "9" * 5000,
            ]
        )
        | st.text(max_size=4),
    ),
    min_size=1,
    max_size=5,
)


def mutated(mutations):
    text = SERVICE_YAML
    for at, removed, inserted in mutations:
        text = text[:at] + inserted + text[at + removed :]
    return text.encode("utf-8", "surrogatepass")


@given(MUTATIONS)
@settings(deadline=None, max_examples=400)
def test_no_mutation_brings_forth_anything_but_problems(mutations):
    parsed = parse_catalog(FILES | {"playlist.yml": mutated(mutations)})
    for problem in parsed.problems:
        assert problem.place.line >= 1
        assert problem.place.column >= 1
        assert all(character.isprintable() for line in str(problem).split("\n") for character in line)
    assert parsed.errors or parsed.catalog.services


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=300)
def test_no_bytes_bring_forth_anything_but_problems(content):
    assert problems_of(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(yaml.safe_load(SERVICE_YAML))), JSON)
@settings(deadline=None, max_examples=300)
def test_no_value_under_any_key_brings_forth_anything_but_problems(key, value):
    document = yaml.safe_load(SERVICE_YAML) | {key: value}
    content = yaml.safe_dump(document, allow_unicode=True).encode()
    parsed = parse_catalog(FILES | {"playlist.yml": content})
    assert parsed.errors or parsed.catalog.services


@given(st.sampled_from(["slos", "uses", "behaviour"]), st.data())
@settings(deadline=None, max_examples=300)
def test_no_value_inside_a_list_brings_forth_anything_but_problems(key, data):
    document = yaml.safe_load(SERVICE_YAML)
    field = data.draw(st.sampled_from(sorted(document[key][0])))
    document[key][0][field] = data.draw(JSON)
    parsed = parse_catalog(FILES | {"playlist.yml": yaml.safe_dump(document, allow_unicode=True).encode()})
    assert bool(parsed.errors) != ("playlist" in parsed.catalog.services)


def test_a_thousand_services_are_read():
    services = {
        f"{index}.yml": changed("name: playlist\n", f"name: service-{index}\n").encode()
        for index in range(1_000)
    }
    assert len(parse_catalog(FILES | services).valid().services) == 1_001


CONTENTS = st.sampled_from(
    [
        SQUAD_YAML.encode(),
        SERVICE_YAML.encode(),
        SERVICE_YAML.replace("name: playlist\n", "name: search\n").encode(),
        SERVICE_YAML.replace("squad: playlists\n", "squad: nobody\n").encode(),
        SERVICE_YAML.encode()[:-3] + b"[",
        b"x",
    ]
)


@given(st.lists(st.dictionaries(st.sampled_from(["a.yml", "b.yml", "c.yml"]), CONTENTS), max_size=4))
@settings(deadline=None)
def test_a_catalog_that_changes_is_read_as_if_for_the_first_time(versions):
    parse = CatalogParser()
    for documents in versions:
        assert parse(documents) == parse_catalog(documents)


def test_of_a_catalog_that_changes_only_the_changed_file_is_read():
    more = changed("name: playlist\n", "name: search\n").encode()
    parse = CatalogParser()
    before = parse(FILES | {"search.yml": more}).valid()
    after = parse(FILES | {"search.yml": more.replace(b"tier: 1", b"tier: 2")}).valid()
    assert after.services["playlist"] is before.services["playlist"]
    assert after.services["search"].tier == 2


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_word_that_readers_disagree_about_is_known_by_its_beginning(data):
    form, reading = data.draw(st.sampled_from(scalars._READINGS))
    word = data.draw(st.from_regex(form, fullmatch=True))
    meant = scalars.value_of(Scalar(Place("x.yml", 1), word, plain=True))
    assert not isinstance(meant, str), reading
