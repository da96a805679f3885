"""The whole demo world on this machine: started in order, watched, and stopped in reverse order."""

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from os import defpath
from pathlib import Path
from types import FrameType

import httpx2
import uvicorn

from observatory.application.ports import Clock
from observatory.errors import DefinitionError, Unavailable
from observatory.sandbox import slack
from observatory.sandbox.demo.controls import DemoState, controls_app, read_state, running_controls
from observatory.sandbox.demo.history import seed_store
from observatory.sandbox.demo.organisation import SERVICES
from observatory.sandbox.demo.processes import Child, port_for, running, wait_until_healthy
from observatory.sandbox.demo.prometheus import running_prometheus, scraping
from observatory.sandbox.demo.services import MetricsServers, Simulation

_CONTROLS_PORT = 8710
_SLACK_PORT = 8700
_OBSERVATORY_PORT = 8600
_PROMETHEUS_PORT = 9090
_SIGNING_SECRET = "demo"  # noqa: S105 - both sides are ours, on loopback
_STARTS_WITHIN = timedelta(seconds=90)
_LOOKS_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What to build the world from, and where.

    `folder` takes its files (removed and written anew), `catalog` the definitions, `rules` the alert rules that
    Prometheus loads (None for none), `channels` the development Slack's channels, name by id; `product` is the
    command that runs Observatory.
    """

    folder: Path
    catalog: Path
    rules: Path | None
    channels: Mapping[str, str]
    history: timedelta = timedelta(days=30)
    seed: int = 0
    product: tuple[str, ...] = (sys.executable, "-m", "observatory", "run")


def run_demo(plan: Plan, *, clock: Clock, say: Callable[[str], object]) -> None:
    """Start the world, say where everything is, and keep it until Ctrl-C or SIGTERM.

    Raises:
        DefinitionError: a demo already runs in this folder, or Prometheus is not installed.
        Unavailable: a part did not start, or ended by itself; the end of its log is in the message.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        with world(plan, clock=clock, say=say) as (children, state):
            say(_where(state))
            _watch(children)
    except KeyboardInterrupt:
        say("The demo has stopped.")


@contextmanager
def world(
    plan: Plan, *, clock: Clock, say: Callable[[str], object]
) -> Iterator[tuple[list[Child], DemoState]]:
    """Everything of the demo, for as long as the block lasts."""
    state_file = _clean(plan.folder)
    began = time.monotonic()
    store = plan.folder / "prometheus" / "data"
    samples = seed_store(store, until=clock.now(), length=plan.history, seed=plan.seed)
    say(
        f"Wrote {samples:,} samples of the last {plan.history.days} days in {time.monotonic() - began:.0f} s."
    )
    simulation = Simulation(started=clock.now(), seed=plan.seed)
    ports = {service.name: 0 for service in SERVICES}
    observatory = f"127.0.0.1:{port_for(_OBSERVATORY_PORT)}"
    with ExitStack() as stack:
        services = stack.enter_context(MetricsServers(simulation, clock=clock, host="127.0.0.1", ports=ports))
        buttons = slack.RequestUrl(f"http://{observatory}/slack/interactions", _SIGNING_SECRET)
        chat = stack.enter_context(
            slack.running(
                channels=dict(plan.channels) or None, port=port_for(_SLACK_PORT), request_url=buttons
            )
        )
        controls = stack.enter_context(running_controls(simulation, port=port_for(_CONTROLS_PORT)))
        config = scraping(services.addresses, observatory=observatory, rules=plan.rules)
        prometheus, prometheus_url = stack.enter_context(
            running_prometheus(store, config=config, port=port_for(_PROMETHEUS_PORT))
        )
        state = DemoState(
            controls=controls, observatory=f"http://{observatory}", prometheus=prometheus_url, slack=chat.url
        )
        product = stack.enter_context(_observatory(plan, state))
        state_file.write_text(state.model_dump_json(indent=2) + "\n")
        stack.callback(state_file.unlink, missing_ok=True)
        yield [prometheus, product], state


def serve_services(*, clock: Clock, host: str, first_port: int, seed: int = 0) -> None:
    """The demo services alone, in the foreground: controls on `first_port`, each service's /metrics on the next ones."""
    simulation = Simulation(started=clock.now(), seed=seed)
    ports = {service.name: first_port + 1 + number for number, service in enumerate(SERVICES)}
    with MetricsServers(simulation, clock=clock, host=host, ports=ports):
        uvicorn.run(
            controls_app(simulation), host=host, port=first_port, log_level="warning", access_log=False
        )


def _clean(folder: Path) -> Path:
    """Remove what an earlier demo left in its folder; returns the state file's path."""
    state_file = folder / "state.json"
    if state_file.exists() and _answers(state_file):
        raise DefinitionError(f"a demo already runs in {folder}; stop it first, or choose another folder")
    shutil.rmtree(folder / "prometheus", ignore_errors=True)
    for leftover in (state_file, *folder.glob("observatory.db*")):
        leftover.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    return state_file


def _answers(state_file: Path) -> bool:
    try:
        return httpx2.get(f"{read_state(state_file).controls}/healthz", timeout=2).is_success
    except (DefinitionError, httpx2.TransportError):
        return False


@contextmanager
def _observatory(plan: Plan, state: DemoState) -> Iterator[Child]:
    """Observatory itself, as a user would run it: `observatory run` and its settings, nothing else."""
    env = {
        "PATH": defpath,
        "OBSERVATORY_CATALOG": str(plan.catalog),
        "OBSERVATORY_PROMETHEUS_URL": state.prometheus,
        "OBSERVATORY_DATABASE_URL": f"sqlite:///{plan.folder.resolve() / 'observatory.db'}",
        "OBSERVATORY_SLACK_TOKEN": "xoxb-demo",
        "OBSERVATORY_SLACK_SIGNING_SECRET": _SIGNING_SECRET,
        "OBSERVATORY_SLACK_API_URL": f"{state.slack}/api/",
        "OBSERVATORY_PORT": state.observatory.rsplit(":", 1)[1],
        "OBSERVATORY_PUBLIC_URL": state.observatory,
    }
    log = plan.folder / "observatory.log"
    with running("Observatory", plan.product, log=log, env=env) as child:
        wait_until_healthy(child, f"{state.observatory}/healthz", within=_STARTS_WITHIN)
        yield child


def _end(_number: int, _frame: FrameType | None) -> None:
    """Unwind, once: another signal must not cut the stopping short."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch(children: list[Child]) -> None:
    while True:
        for child in children:
            if child.process.poll() is not None:
                raise Unavailable(
                    f"{child.name} ended with exit code {child.process.returncode}; "
                    f"its last words ({child.log}):\n{child.last_words()}"
                )
        time.sleep(_LOOKS_EVERY)


def _where(state: DemoState) -> str:
    return "\n".join(
        [
            "The demo is running. Ctrl-C stops it.",
            f"  Observatory  {state.observatory}",
            f"  Slack        {state.slack}",
            f"  Prometheus   {state.prometheus}",
            "In another terminal, in this folder:",
            "  observatory demo break playlist",
            "  observatory demo heal playlist",
        ]
    )
