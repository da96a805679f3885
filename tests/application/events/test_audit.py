"""Who left times out of the numbers, as the audit log has it."""

from support.catalogs import parse_yaml
from support.events import EXCLUDE, at

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.application.audit import Deed
from observatory.application.events.audit import AuditExclusions

DECLARED, WITHDRAWN = Deed.EXCLUSION_DECLARED, Deed.EXCLUSION_WITHDRAWN


def catalogs():
    """As it is declared, then for longer, then not at all."""
    longer = EXCLUDE.replace("lasts: 1h", "lasts: 2h")
    return [parse_yaml(upkeep=EXCLUDE).valid(), parse_yaml(upkeep=longer).valid(), parse_yaml().valid()]


def life(author):
    """Every deed, the first one first, of an audit that is told each catalog twice."""
    store = MemoryAlerts()
    audit = AuditExclusions(store, author)
    for hour, catalog in enumerate(catalogs()):
        audit(catalog, now=at(hour))
        AuditExclusions(store, author)(catalog, now=at(hour + 0.5))  # after a restart
    return store.audit()[::-1]


def test_a_declaration_its_change_and_its_end_are_told_once_each_with_who_and_when():
    asked = []

    def author(file, line):
        asked.append((file, line))
        return "Anna" if line else "Björn"

    deeds = life(author)

    assert [(one.at, one.deed, one.actor.name) for one in deeds] == [
        (at(0), DECLARED, "Anna (upkeep.yml)"),
        (at(1), DECLARED, "Anna (upkeep.yml)"),
        (at(2), WITHDRAWN, "Björn (upkeep.yml)"),
    ]
    assert asked == [("upkeep.yml", 1), ("upkeep.yml", 1), ("upkeep.yml", None)]
    assert ["for 1h" in deeds[0].detail, "for 2h" in deeds[1].detail] == [True, True]


def test_where_nobody_knows_who_wrote_it_the_file_is_named():
    deeds = life(lambda _file, _line: None)

    assert {one.actor.name for one in deeds} == {"upkeep.yml"}
    assert len(deeds) == 3
