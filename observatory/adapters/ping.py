"""An address outside that is told that we live, and alarms when it is not: healthchecks.io, Dead Man's Snitch, or alike."""

from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2

from observatory.errors import Refused, Unavailable


class Ping:
    """Asks an address. It is a secret: whoever knows it can keep us alive."""

    def __init__(self, url: str, *, timeout: timedelta = timedelta(seconds=10)) -> None:
        self._url, self._timeout = url, timeout.total_seconds()

    def __call__(self) -> None:
        """Tell it once.

        Raises:
            Unavailable: it did not answer, or had no time to.
            Refused: it does not know this address.
        """
        host = urlsplit(self._url).hostname
        try:
            answer = httpx2.get(self._url, timeout=self._timeout, trust_env=not _is_loopback(host))
        except httpx2.HTTPError as error:
            raise Unavailable(f"{host} did not hear the heartbeat: {type(error).__name__}") from None
        if answer.is_server_error:
            raise Unavailable(f"{host} did not hear the heartbeat: {answer.status_code}")
        if not answer.is_success:
            raise Refused(f"{host} refused the heartbeat: {answer.status_code}", code=str(answer.status_code))


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
