from observatory.adapters.promtool import Promtool

SOUND = "groups:\n- name: a\n  rules:\n  - record: x:y\n    expr: sum(up)\n"


def complaints(**files):
    found = Promtool("promtool")({f"alert_rules/{name}.yml": text for name, text in files.items()})
    return [(finding.file, finding.line, finding.message) for finding in found]


def test_sound_rules_have_no_complaints():
    assert complaints(a=SOUND, b=SOUND) == []


def test_each_complaint_is_told_of_its_own_file_and_line():
    cut = SOUND.replace("sum(up)", "sum(up")
    template = 'groups:\n- name: a\n  rules:\n  - alert: B\n    expr: up == 0\n    annotations: {summary: "{{ .Foo "}\n'
    unknown = "groups:\n- name: a\n  foo: 1\n"
    found = complaints(a=SOUND, cut=cut, template=template, unknown=unknown)
    assert [(file, line) for file, line, _ in found] == [
        ("alert_rules/cut.yml", 5),
        ("alert_rules/template.yml", 1),
        ("alert_rules/unknown.yml", 3),
    ]
    assert "unclosed left parenthesis" in found[0][2]
    assert "field foo not found" in found[2][2]


def test_two_complaints_of_one_file_are_two():
    twice = SOUND.replace("sum(up)", "sum(up") + "  - record: bad-name\n    expr: up\n"
    assert len(complaints(a=twice)) == 2
