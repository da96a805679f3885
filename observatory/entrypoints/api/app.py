"""`create_app`: the whole HTTP side as one application."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from observatory import __version__
from observatory.application.actions import Actions, actions
from observatory.application.ledger import Ledger
from observatory.application.snapshot import Views
from observatory.entrypoints.api import (
    acknowledge,
    alertmanager,
    audit,
    behaviours,
    drills,
    events,
    forecasts,
    incidents,
    interactions,
    probes,
    silences,
    slos,
    squads,
    watchdog,
)
from observatory.entrypoints.api.access import SIGN_IN, Guest, TokenRequired
from observatory.entrypoints.api.http import BelowPath, CarefulHeaders, HeadAndETag
from observatory.entrypoints.api.metrics import metrics_router
from observatory.entrypoints.api.problems import (
    argument_problem,
    deliberate_problem,
    http_problem,
    is_for_programs,
    problem,
    retry_headers,
    status_of,
)
from observatory.entrypoints.api.state import base_path
from observatory.entrypoints.portal import events as event_pages
from observatory.entrypoints.portal import pages, session
from observatory.entrypoints.portal.drawings import Drawings
from observatory.entrypoints.portal.rendering import Pages
from observatory.errors import ObservatoryError
from observatory.settings import Settings

_OPEN = ("/healthz", SIGN_IN, "/sign-out", "/static/portal.css", "/static/icon.svg", interactions.PATH)


def create_app(views: Views, settings: Settings, allowed: Actions | None = None) -> FastAPI:
    """API, portal, probes and metrics over these views.

    `allowed` is what people may do; unless given, what they do is written and nobody is told.
    """
    app = FastAPI(
        title="Observatory",
        version=__version__,
        summary="SLOs, error budgets and incidents of every squad.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # both pages load their scripts from elsewhere
        redoc_url=None,
        middleware=_middleware(views, settings),
    )
    app.state.views = views
    app.state.actions = allowed or actions(Ledger(views.alerts, views.board, None), views.clock)
    app.state.settings = settings
    app.state.pages = Pages(views, settings)
    app.state.drawings = Drawings()
    for router in (
        probes.router,
        metrics_router(views, settings),
        forecasts.router,
        slos.router,
        squads.router,
        incidents.router,
        acknowledge.router,
        silences.router,
        audit.router,
        behaviours.router,
        events.router,
        drills.router,
        watchdog.router,
        interactions.router,
        alertmanager.router,
    ):
        app.include_router(router)
    app.include_router(pages.router, include_in_schema=False)
    app.include_router(event_pages.router, include_in_schema=False)
    app.include_router(session.router, include_in_schema=False)
    app.mount("/static", session.static_files())
    _answer_errors(app)
    return app


def _middleware(views: Views, settings: Settings) -> list[Middleware]:
    """Outermost first."""
    base = base_path(settings)
    layers = [
        *([Middleware(BelowPath, base=base)] if base else []),
        Middleware(CarefulHeaders),
        Middleware(GZipMiddleware, compresslevel=4),
        Middleware(HeadAndETag),
    ]
    if settings.token is not None:
        secret = settings.token.get_secret_value()
        layers.append(
            Middleware(
                TokenRequired,
                secret=secret,
                clock=views.clock,
                base=base,
                open_paths=_OPEN,
                guest=_guest(settings),
            )
        )
    return layers


def _guest(settings: Settings) -> Guest | None:
    """Alertmanager, where it has a token of its own."""
    if settings.alertmanager_token is None:
        return None
    secret = settings.alertmanager_token.get_secret_value()
    return Guest(secret, (alertmanager.PATH, watchdog.router.prefix))


def _answer_errors(app: FastAPI) -> None:
    """Problem documents for programs, pages for people."""
    shown: Pages = app.state.pages

    @app.exception_handler(ObservatoryError)
    def deliberate(request: Request, error: ObservatoryError) -> Response:
        if _from_program(request):
            return deliberate_problem(error)
        return shown.error(request, status_of(error), str(error), headers=retry_headers(error))

    @app.exception_handler(RequestValidationError)
    def argument(request: Request, error: RequestValidationError) -> Response:
        answer = argument_problem(error)
        if _from_program(request):
            return answer
        wrong = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
        return shown.error(request, answer.status_code, wrong)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        if _from_program(request):
            return http_problem(error, request)
        return shown.error(request, error.status_code, f"There is no page at {request.url.path}.")

    @app.exception_handler(Exception)
    def unexpected(_request: Request, _error: Exception) -> Response:
        return problem(500, "Something went wrong here; the log of this process says what.")


def _from_program(request: Request) -> bool:
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return is_for_programs(path)
