"""Against a server that behaves as the source of Mimir's ruler says; no Mimir is at hand."""

import pytest
from support.ruler_api import RulerApi
from support.shipping import SMALLER, fates, the_rules

from observatory.adapters.memory.rules import MemoryRuler
from observatory.adapters.shipping import Credentials, Ruler
from observatory.application.push import Permissions, push_rule_groups
from observatory.errors import Refused, Unavailable
from observatory.outputs.shipping import rule_groups

GROUPS = rule_groups(the_rules())


@pytest.fixture
def api():
    with RulerApi() as server:
        yield server


def client(api, tenant="music"):
    return Ruler(api.url, Credentials(headers={"X-Scope-OrgID": tenant} if tenant else {}))


@pytest.fixture(params=["memory", "http"])
def ruler(request, api):
    return MemoryRuler() if request.param == "memory" else client(api)


def push(ruler, groups=GROUPS, **may):
    return fates(push_rule_groups(groups, ruler, may=Permissions(**may)))


def test_groups_are_created_once_and_then_left_alone(ruler):
    assert set(push(ruler).values()) == {"created"}
    assert set(push(ruler).values()) == {"unchanged"}


def test_a_changed_group_is_replaced_and_a_gone_one_removed(ruler):
    push(ruler)

    outcomes = push(ruler, rule_groups(the_rules(SMALLER)))

    assert outcomes.pop("observatory-services/search") == "removed"
    assert set(outcomes.values()) == {"unchanged"}
    assert push(ruler)["observatory-services/search"] == "created"


def test_a_dry_run_changes_nothing(ruler):
    assert set(push(ruler, dry_run=True).values()) == {"created"}
    assert set(push(ruler).values()) == {"created"}


def test_a_limit_of_the_tenant_is_told_and_removes_nothing(api):
    push(client(api))
    api.most_rules = 10
    api.groups["music"].pop(("observatory-organisation", "slo-pages"))

    outcomes = {one.what: one for one in push_rule_groups(rule_groups(the_rules(SMALLER)), client(api))}

    assert (
        "per-user rules per rule group limit (limit: 10" in outcomes["observatory-organisation/slo-pages"].why
    )
    assert outcomes["observatory-services/search"].fate == "left over"


def test_other_namespaces_and_other_tenants_stay(api):
    other = {"name": "theirs", "rules": [{"record": "x", "expr": "1"}]}
    api.groups = {"music": {("handmade", "theirs"): other}, "video": {("observatory-services", "x"): other}}

    push(client(api))

    assert api.groups["music"]["handmade", "theirs"] == other
    assert api.groups["video"] == {("observatory-services", "x"): other}


def test_what_arrives_are_the_rules_as_generated_one_group_a_request(api):
    push(client(api))

    assert len(api.changes()) == len(GROUPS)
    assert api.groups["music"]["observatory-services", "playlist"]["rules"][0]["record"] == "service:info"


def test_without_a_tenant_the_ruler_refuses(api):
    with pytest.raises(Refused, match=r"401 \(no org id\)"):
        push(client(api, tenant=None))


def test_an_address_that_is_none_of_a_ruler(api):
    api.groups = {"music": {("x", "y"): {"name": "y", "rules": []}}}
    api._listed = lambda _: (200, "- just\n- a list\n")

    with pytest.raises(Unavailable, match="is this the address of Ruler"):
        client(api).groups(["x"])
