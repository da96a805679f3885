"""What a route may ask for: the views and the settings of the application it belongs to."""

from typing import Annotated, cast

from fastapi import Depends, Request

from observatory.application.snapshot import Views
from observatory.settings import Settings


def _views(request: Request) -> Views:
    return cast(Views, request.app.state.views)


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


LookedAt = Annotated[Views, Depends(_views)]
Configured = Annotated[Settings, Depends(_settings)]


def base_path(settings: Settings) -> str:
    """The path below which a proxy serves us, as `public_url` says: "" or "/observatory"."""
    _, _, rest = (settings.public_url or "").partition("://")
    _, slash, path = rest.partition("/")
    return (slash + path).rstrip("/")
