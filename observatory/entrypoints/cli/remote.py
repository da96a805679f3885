"""The running service's API, as the command line calls it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx2

from observatory import __version__
from observatory.entrypoints.api.actors import CLI_AGENT
from observatory.errors import DefinitionError, NotFound, Refused, Unavailable
from observatory.settings import Settings

_PATIENCE = 15.0
_MISTAKES = (400, 401, 403, 422)


class Service:
    """Calls the service at OBSERVATORY_URL, with OBSERVATORY_TOKEN where there is one."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url.rstrip("/")
        self._headers = {"User-Agent": f"{CLI_AGENT}/{__version__}"}
        if settings.token is not None:
            self._headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"

    def call(
        self,
        method: str,
        *path: str,
        query: Mapping[str, str | list[str]] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Any:  # the API's JSON, read by whoever asked
        """The answer's JSON. `path` below /api/v1, part by part.

        Raises:
            DefinitionError: the service says what is wrong with the request.
            NotFound: it knows nothing of that.
            Refused, Unavailable: it said no, or did not answer.
        """
        return self._answer(method, path, query=query, body=body).json()

    def text(self, *path: str, query: Mapping[str, str]) -> str:
        """What the API writes for people; errors as of `call`."""
        return self._answer("GET", path, query=query, body=None).text

    def _answer(
        self,
        method: str,
        path: Sequence[str],
        *,
        query: Mapping[str, str | list[str]] | None,
        body: Mapping[str, object] | None,
    ) -> httpx2.Response:
        url = "/".join((self._url, "api", "v1", *(quote(part, safe="") for part in path)))
        try:
            answer = httpx2.request(
                method, url, params=query, json=body, headers=self._headers, timeout=_PATIENCE
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Unavailable(
                f"no Observatory answers at {self._url} ({error}); is OBSERVATORY_URL right?"
            ) from error
        if answer.is_success:
            return answer
        raise _error(answer.status_code, _detail(answer))


def _error(status: int, detail: str) -> DefinitionError | NotFound | Unavailable | Refused:
    if status in _MISTAKES:
        return DefinitionError(detail)
    if status == httpx2.codes.NOT_FOUND:
        return NotFound(detail)
    if status >= httpx2.codes.INTERNAL_SERVER_ERROR:
        return Unavailable(detail)
    return Refused(detail, code=str(status))


def _detail(answer: httpx2.Response) -> str:
    try:
        return str(json.loads(answer.text)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answered {answer.status_code}; is this an Observatory?"
