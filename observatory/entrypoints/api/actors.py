"""Who acts, as far as HTTP tells: the name they give, and whether it was our own command line that called."""

from typing import Annotated, cast

from fastapi import Depends, Request
from pydantic import StringConstraints

from observatory.application.actions import Actions
from observatory.application.audit import Actor, Way

CLI_AGENT = "observatory-cli"
"""How the command line's User-Agent begins."""

By = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
"""A name for the audit log."""


def actor(request: Request, by: str) -> Actor:
    """The person behind a request that carried the token."""
    way = Way.CLI if request.headers.get("user-agent", "").startswith(CLI_AGENT) else Way.API
    return Actor(by, way)


def _actions(request: Request) -> Actions:
    return cast(Actions, request.app.state.actions)


Allowed = Annotated[Actions, Depends(_actions)]
