"""Plans for the same SLOs, again and again."""

from support.catalogs import a_service, a_squad

from observatory.application.planner import Planner
from observatory.catalog import ServiceSlo


def test_the_same_slos_are_planned_once_and_others_anew():
    entries = [ServiceSlo(a_squad(), one, one.slos[0]) for one in map(a_service, ("album", "playlist"))]
    plans = Planner(60)
    whole = plans(entries)
    assert plans(list(entries)) is whole
    assert plans(entries[:1]).slos == (entries[0].id,)
    assert plans(entries).slos == whole.slos
