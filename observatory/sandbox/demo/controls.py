"""Break and heal demo services over HTTP, from another terminal: the server's side and the caller's."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import httpx2
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from observatory.errors import DefinitionError, Unavailable
from observatory.sandbox.demo.organisation import service_named
from observatory.sandbox.demo.services import Simulation
from observatory.sandbox.demo.trouble import Mode, Trouble

FOLDER = Path("var/demo")
STATE_FILE = FOLDER / "state.json"
"""Where a running demo says how to reach it, seen from the folder it was started in."""


class DemoState(BaseModel):
    """Addresses of a running demo, as its state file has them."""

    model_config = ConfigDict(frozen=True)

    controls: str
    observatory: str
    prometheus: str
    slack: str


class TroubleRequest(BaseModel):
    """What to break about a service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Mode.ERRORS
    share: float = Field(1.0, gt=0, le=1, description="Share of requests that fail, in mode errors.")


@dataclass(frozen=True, slots=True)
class _Controls:
    simulation: Simulation

    def health(self) -> dict[str, str]:
        return {"status": "ok"}

    def services(self) -> dict[str, str]:
        """Every service with what is wrong with it, or "healthy"."""
        troubles = self.simulation.troubles
        return {name: str(troubles.get(name, "healthy")) for name in self.simulation.services}

    def break_service(self, name: str, request: TroubleRequest) -> dict[str, str]:
        trouble = Trouble(request.mode, request.share)
        try:
            self.simulation.break_service(name, trouble)
        except DefinitionError as error:
            raise HTTPException(404, str(error)) from error
        return {name: str(trouble)}

    def heal_service(self, name: str) -> dict[str, str]:
        try:
            self.simulation.heal_service(name)
        except DefinitionError as error:
            raise HTTPException(404, str(error)) from error
        return {name: "healthy"}


def controls_app(simulation: Simulation) -> FastAPI:
    """The HTTP side: GET /services, PUT and DELETE /services/{name}/trouble, GET /healthz."""
    controls = _Controls(simulation)
    app = FastAPI(title="Observatory demo controls", docs_url=None, redoc_url=None)
    app.get("/healthz")(controls.health)
    app.get("/services")(controls.services)
    app.put("/services/{name}/trouble")(controls.break_service)
    app.delete("/services/{name}/trouble")(controls.heal_service)
    return app


@contextmanager
def running_controls(simulation: Simulation, *, port: int) -> Iterator[str]:
    """Serve the controls from a thread on 127.0.0.1; yields their address."""
    config = uvicorn.Config(
        controls_app(simulation),
        log_config=None,  # logging is one for the whole process; it was not ours to set up
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


def break_service(name: str, trouble: Trouble, *, state: Path = STATE_FILE) -> str:
    """Break a service of the running demo; returns what is wrong with it now.

    Raises:
        DefinitionError: no such service, or no demo is running.
    """
    wanted = {"mode": trouble.mode.value, "share": trouble.share}
    return _tell(state, "PUT", name, body=wanted)


def heal_service(name: str, *, state: Path = STATE_FILE) -> str:
    """Heal a service of the running demo; returns "healthy".

    Raises:
        DefinitionError: no such service, or no demo is running.
    """
    return _tell(state, "DELETE", name, body=None)


def read_state(path: Path) -> DemoState:
    """Where the demo that wrote this state file can be reached.

    Raises:
        DefinitionError: there is no such file, or it is no state file.
    """
    try:
        return DemoState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise DefinitionError(
            f"no demo is running: there is no {path}; start one with `observatory demo` in this folder"
        ) from None
    except ValidationError as error:
        raise DefinitionError(f"{path} is not the state file of a demo: {error}") from error


def _tell(state: Path, method: str, name: str, *, body: Mapping[str, object] | None) -> str:
    service = service_named(name)
    url = f"{read_state(state).controls}/services/{service.name}/trouble"
    try:
        answer = httpx2.request(method, url, json=body, timeout=10)
    except httpx2.TransportError as error:
        raise DefinitionError(
            f"no demo is running: the one that wrote {state} no longer answers ({error}); "
            "start one with `observatory demo`"
        ) from error
    if not answer.is_success:
        raise Unavailable(f"the demo answered {answer.status_code} to {method} {url}: {answer.text}")
    return str(json.loads(answer.text)[service.name])
