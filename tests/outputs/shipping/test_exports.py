"""The files of every export, read by the libraries that others read them with."""

import json
from pathlib import PurePosixPath

import hcl2
import pytest
import yaml
from support.shipping import the_dashboards, the_rules

from observatory.outputs.shipping import (
    Dashboard,
    Folder,
    ansible_files,
    canonical,
    flat_rule_files,
    git_sync_files,
    provisioned_files,
    terraform_files,
)

DASHBOARDS = the_dashboards()
RULES = flat_rule_files(the_rules())
PATH = "/var/lib/grafana/dashboards"


def module(dashboards=DASHBOARDS):
    return hcl2.loads(terraform_files(dashboards)["main.tf"])


def unquoted(value):
    """python-hcl2 keeps the quotes of strings."""
    if isinstance(value, dict):
        return {unquoted(key): unquoted(item) for key, item in value.items() if not key.startswith("__")}
    return json.loads(value) if isinstance(value, str) and value.startswith('"') else value


def test_terraform_has_every_folder_and_dashboard_and_the_files_it_names():
    files = terraform_files(DASHBOARDS)
    (variables,) = module()["locals"]
    variables = unquoted(variables)

    assert variables["folders"] == {"folder-playlists": "playlists", "folder-search": "search"}
    assert variables["dashboards"] == {one.uid: f"dashboards/{one.path}" for one in DASHBOARDS}
    assert variables["folder_of"] == {one.uid: one.folder_uid for one in DASHBOARDS if one.folder}
    assert {files[path] for path in variables["dashboards"].values()} == {one.text for one in DASHBOARDS}


def test_terraform_reads_dashboards_as_they_are_so_that_their_variables_stay():
    resources = {unquoted(kind): body for one in module()["resource"] for kind, body in one.items()}
    (dashboard,) = resources["grafana_dashboard"].values()

    assert set(resources) == {"grafana_folder", "grafana_dashboard"}
    assert dashboard["config_json"] == '${file("${path.module}/${each.value}")}'
    assert any("${datasource}" in one.text for one in DASHBOARDS)


@pytest.mark.parametrize("title", ['a "b"', "${secret}", "%{ if true }", "back\\slash", "Ä"])
def test_terraform_interpolates_nothing_in_a_name(title):
    text = json.dumps({"uid": "u", "title": title})
    named = Dashboard("x.json", "u", title, Folder("f", title), text)
    (variables,) = module([named])["locals"]

    kept = unquoted(variables["folders"])["f"]

    assert kept.replace("$${", "${").replace("%%{", "%{") == title
    assert "${" not in kept.replace("$${", "")
    assert "%{" not in kept.replace("%%{", "")


def test_git_sync_wraps_each_dashboard_under_its_uid():
    files = git_sync_files(DASHBOARDS)

    for one in DASHBOARDS:
        resource = json.loads(files[one.path])
        assert resource["apiVersion"] == "dashboard.grafana.app/v1"
        assert resource["kind"] == "Dashboard"
        assert resource["metadata"] == {"name": one.uid}
        assert resource["spec"] | {"uid": one.uid} == json.loads(canonical(one.text))
    assert len(files) == len(DASHBOARDS)


def test_each_provider_reads_its_own_folder_and_no_other():
    files = provisioned_files(DASHBOARDS, path=PATH)
    providers = yaml.safe_load(files["provisioning/dashboards/observatory.yml"])["providers"]

    read = {}
    for provider in providers:
        below = PurePosixPath("dashboards") / PurePosixPath(provider["options"]["path"]).relative_to(PATH)
        uids = {json.loads(t)["uid"] for p, t in files.items() if PurePosixPath(p).is_relative_to(below)}
        read[provider["folderUid"]] = uids

    wanted = {}
    for one in DASHBOARDS:
        wanted.setdefault(one.folder_uid, set()).add(one.uid)
    assert read == wanted
    assert len({provider["name"] for provider in providers}) == len(providers)


def test_rule_files_lie_flat_without_their_tests():
    assert set(RULES) == {
        "observatory.yml",
        "organisation.yml",
        "playlists.playlist.yml",
        "search.search.yml",
    }


@pytest.mark.parametrize(
    "render",
    [
        pytest.param(terraform_files, id="terraform"),
        pytest.param(git_sync_files, id="git sync"),
        pytest.param(lambda dashboards: provisioned_files(dashboards, path=PATH), id="files"),
        pytest.param(lambda dashboards: ansible_files(dashboards, RULES), id="ansible"),
    ],
)
def test_files_are_the_same_in_whatever_order_dashboards_come(render):
    assert render(DASHBOARDS) == render(DASHBOARDS[::-1])
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in render(DASHBOARDS).values())
