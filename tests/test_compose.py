"""No container engine is needed: the file is held against the Compose Specification and against the repository."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import typer.main
import yaml

from observatory.entrypoints.cli.app import app
from observatory.sandbox.demo.organisation import SERVICES
from observatory.sandbox.demo.prometheus import rule_files

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
STACK = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS = STACK["services"]
PROMETHEUS = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
OURS = [name for name, one in CONTAINERS.items() if one["image"].startswith("observatory")]


def mounts():
    for name, one in CONTAINERS.items():
        for mount in one.get("volumes", []):
            source, target, *mode = mount.split(":")
            yield pytest.param(source, target, mode, id=f"{name} {source}")


def test_the_file_follows_the_compose_specification():
    schema = json.loads((ROOT / "tests/schemas/compose-spec.json").read_text())

    problems = [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(STACK)]

    assert problems == []


@pytest.mark.parametrize(("source", "target", "mode"), list(mounts()))
def test_what_is_mounted_exists_and_cannot_be_written(source, target, mode):
    if source.startswith("./"):
        assert (ROOT / source).exists()
        assert mode == ["ro"]
    else:
        assert source in STACK["volumes"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_ports_are_published_on_loopback_only(name):
    assert all(port.startswith("127.0.0.1:") for port in CONTAINERS[name].get("ports", []))


@pytest.mark.parametrize("name", CONTAINERS)
def test_images_are_pinned_to_a_version(name):
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?", CONTAINERS[name]["image"])


@pytest.mark.parametrize("name", CONTAINERS)
def test_who_is_waited_for_exists_and_can_say_that_it_is_well(name):
    for other, how in CONTAINERS[name].get("depends_on", {}).items():
        assert other in CONTAINERS
        if how["condition"] == "service_healthy":
            assert "test" in CONTAINERS[other]["healthcheck"]


@pytest.mark.parametrize(
    "name", [name for name in CONTAINERS if name not in {"history", "observatory", "replica"}]
)
def test_every_lasting_container_has_a_health_check(name):
    assert CONTAINERS[name]["healthcheck"]["test"][0] == "CMD"


def test_the_image_has_the_health_check_of_observatory_itself():
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    assert all("healthcheck" not in CONTAINERS[name] for name in ("observatory", "replica"))


def test_the_replica_is_the_same_once_more():
    first, second = (CONTAINERS[name] | {"ports": None} for name in ("observatory", "replica"))

    assert first == second
    assert first["environment"]["OBSERVATORY_DATABASE_URL"].startswith("postgresql")


def test_buttons_reach_observatory_without_an_address_of_its_own():
    environment, slack = CONTAINERS["observatory"]["environment"], CONTAINERS["slack"]
    published = slack["ports"][0].rpartition(":")[0]

    assert environment["OBSERVATORY_SLACK_APP_TOKEN"].startswith("xapp-")
    assert slack["command"][slack["command"].index("--public-url") + 1] == f"http://{published}"
    assert "--interactions" not in slack["command"]


def test_the_squad_that_keeps_the_platform_is_in_the_catalog():
    name = CONTAINERS["observatory"]["environment"]["OBSERVATORY_PLATFORM_SQUAD"]

    assert (ROOT / "catalog" / name / "squad.yml").exists()


@pytest.mark.parametrize("name", OURS)
def test_our_containers_run_commands_and_options_that_exist(name):
    words = CONTAINERS[name]["command"]
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]

    with command.make_context(name, list(words)) as context:
        assert context.args == []


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_built_from_a_stage_of_the_dockerfile_as_nobody_special(name):
    stages = re.findall(r"^FROM \S+ AS (\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert CONTAINERS[name]["build"]["target"] in stages
    assert CONTAINERS[name]["cap_drop"] == ["ALL"]


def test_no_stage_that_runs_ends_as_root():
    text = (ROOT / "Dockerfile").read_text()
    for stage in re.split(r"^FROM ", text, flags=re.MULTILINE)[2:]:
        assert re.findall(r"^USER (\S+)", stage, re.MULTILINE)[-1] in {"observatory", "nobody"}


def test_secrets_have_no_default():
    text = (ROOT / "docker-compose.yml").read_text()
    names = set(re.findall(r"\$\{(\w+)", text))

    assert names == {"OBSERVATORY_TOKEN", "POSTGRES_PASSWORD", "GRAFANA_ADMIN_PASSWORD"}
    assert not re.search(r"\$\{\w+:?-", text)
    assert all(f"${{{name}:?" in text for name in names)  # it refuses to start without them


def test_the_docker_build_sees_what_the_dockerfile_copies():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    shown = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}

    assert {path for paths in copied for path in paths.split()} == shown
    assert all((ROOT / path).exists() for path in shown)


def test_prometheus_scrapes_every_demo_service_where_it_listens():
    jobs = {job["job_name"]: job["static_configs"][0] for job in PROMETHEUS["scrape_configs"]}
    first = int(CONTAINERS["services"]["command"][-1])

    for number, service in enumerate(SERVICES):
        assert jobs[service.name] == {
            "targets": [f"services:{first + 1 + number}"],
            "labels": {"instance": service.instance},
        }
    scraped = PROMETHEUS["scrape_configs"][-1]["static_configs"]
    assert [one["targets"] for one in scraped] == [["observatory:8600"], ["replica:8600"]]


def test_prometheus_loads_every_rule_file_and_no_test_of_one():
    patterns = [pattern.removeprefix("/etc/prometheus/") for pattern in PROMETHEUS["rule_files"]]
    every = [str(file.relative_to(ROOT)) for file in (ROOT / "alert_rules").rglob("*.yml")]
    loaded = [
        path
        for path in every
        if any(fnmatch.fnmatch(path, p) and path.count("/") == p.count("/") for p in patterns)
    ]

    assert sorted(loaded) == [str(file.relative_to(ROOT)) for file in rule_files(ROOT / "alert_rules")]


def test_prometheus_accepts_its_configuration(tmp_path):
    text = (DEPLOY / "prometheus/prometheus.yml").read_text()
    (tmp_path / "token").write_text("secret")
    text = text.replace("/run/observatory/token", str(tmp_path / "token"))
    (tmp_path / "prometheus.yml").write_text(
        text.replace("/etc/prometheus/alert_rules", str(ROOT / "alert_rules"))
    )

    run = subprocess.run(
        ["promtool", "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


def test_alertmanager_finds_every_file_that_its_configuration_names():
    text = (ROOT / "alertmanager/alertmanager.yml").read_text()
    mounted = {mount.split(":")[1]: mount.split(":")[0] for mount in CONTAINERS["alertmanager"]["volumes"]}
    named = set(re.findall(r"/etc/alertmanager/\w+", text))

    assert named == {
        f"/etc/alertmanager/{name}" for name in ("slack_url", "slack_token", "observatory_token")
    }
    assert named | {"/etc/alertmanager/observatory.tmpl"} <= set(mounted)


def test_alertmanager_and_observatory_know_each_other_in_the_stack():
    environment = CONTAINERS["observatory"]["environment"]
    text = (ROOT / "alertmanager/alertmanager.yml").read_text()

    assert json.loads(environment["OBSERVATORY_ALERTMANAGER_URLS"]) == ["http://alertmanager:9093"]
    assert (DEPLOY / "alertmanager/observatory_token").read_text() == environment[
        "OBSERVATORY_ALERTMANAGER_TOKEN"
    ]
    assert "http://observatory:8600/api/v1/alertmanager" in text
    assert (DEPLOY / "alertmanager/slack_token").read_text() == environment["OBSERVATORY_SLACK_TOKEN"]


def test_grafana_reads_its_dashboards_where_they_are_mounted():
    (provider,) = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/observatory.yml").read_text())[
        "providers"
    ]
    (source,) = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    targets = [mount.split(":")[1] for mount in CONTAINERS["grafana"]["volumes"]]

    assert provider["options"]["path"] in targets
    assert source["url"] == "http://prometheus:9090"


def test_the_image_has_the_same_pins_as_the_desk():
    def pins(path):
        return set(re.findall(r"^(\S+==\S+)", (ROOT / path).read_text(), re.MULTILINE))

    assert pins("deploy/requirements.txt") < pins("constraints.txt")


@pytest.mark.parametrize("path", ["constraints.txt", "deploy/requirements.txt"])
def test_every_pin_has_a_hash_and_no_index_is_named(path):
    requirements = (ROOT / path).read_text().replace("\\\n", " ").strip().split("\n")

    assert len(requirements) > 50
    assert all(re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", one) for one in requirements)
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted", " ".join(requirements))


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_docker_compose_reads_it():
    secrets = dict.fromkeys(["OBSERVATORY_TOKEN", "POSTGRES_PASSWORD", "GRAFANA_ADMIN_PASSWORD"], "x")

    run = subprocess.run(
        ["docker-compose", "config", "--quiet"], cwd=ROOT, env={"PATH": os.defpath, **secrets}, check=False
    )

    assert run.returncode == 0
