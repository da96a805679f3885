"""Errors as `application/problem+json` (RFC 9457): what went wrong, where, and what would be right."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from http import HTTPStatus
from math import ceil, isfinite
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from observatory.errors import DefinitionError, NotFound, ObservatoryError, RateLimited, Refused, Unavailable

_PROGRAMS = ("/api/", "/slack/", "/metrics", "/healthz", "/readyz")
RETRY_SECONDS = 15
_SHOWN = 500


def is_for_programs(path: str) -> bool:
    """Whether JSON is expected at this path; everywhere else, a page for people."""
    return path.startswith(_PROGRAMS)


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A problem document; `more` are its extension members."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def not_found(kind: str, name: str, known: Iterable[str]) -> NotFound:
    """The error for a name that nobody has, with the nearest one that somebody has."""
    near = get_close_matches(name, list(known), n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    return NotFound(f'There is no {kind} "{name}".{hint}')


def status_of(error: ObservatoryError) -> int:
    """The HTTP status that says what a caller can do about this error."""
    match error:
        case NotFound():
            return HTTPStatus.NOT_FOUND
        case DefinitionError():
            return HTTPStatus.UNPROCESSABLE_ENTITY
        case Unavailable() | RateLimited():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case Refused():
            return HTTPStatus.BAD_GATEWAY
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR


def retry_headers(error: ObservatoryError) -> dict[str, str]:
    """When to come back, for errors that pass."""
    match error:
        case RateLimited():
            return {"Retry-After": str(ceil(error.retry_after.total_seconds()))}
        case Unavailable():
            return {"Retry-After": str(RETRY_SECONDS)}
        case _:
            return {}


def deliberate_problem(error: ObservatoryError) -> JSONResponse:
    """An error raised on purpose."""
    return problem(status_of(error), str(error), headers=retry_headers(error))


def http_problem(error: HTTPException, request: Request) -> JSONResponse:
    """A path or method that the router does not know."""
    detail = error.detail
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = f"There is nothing at {request.url.path}; /api/v1/openapi.json lists what there is."
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "GET")
        detail = f"{request.method} is not possible at {request.url.path}; it takes {allowed}."
    return problem(error.status_code, detail, headers=error.headers)


def argument_problem(error: RequestValidationError) -> JSONResponse:
    """Every argument that is wrong, each with what would be right."""
    wrong = [
        {
            "where": ".".join(str(part) for part in one["loc"]),
            "value": _shown(one.get("input")),
            "expected": one["msg"],
        }
        for one in error.errors()
    ]
    detail = "; ".join(f"{one['where']}: {one['expected']}" for one in wrong)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=wrong)


def _shown(value: object) -> object:
    """What a caller sent, as far as JSON can say it back: no bytes, no NaN, no half a character, nothing endless."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    text = value if isinstance(value, str) else repr(value)
    return text.encode("utf-8", "replace").decode()[:_SHOWN]
