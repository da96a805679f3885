"""Slack's answers, judged in one place: every failure is told apart by whether what was asked may have been done."""

import http.client
from collections.abc import Callable, Mapping
from datetime import timedelta
from math import isfinite
from typing import Any
from urllib.error import HTTPError, URLError

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from observatory.adapters.slack.client import NotConnected
from observatory.errors import Ambiguous, RateLimited, Refused, Unavailable

Call = Callable[[], SlackResponse]
_RATE_LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_MAYBE_DONE = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}


def write(call: Call) -> SlackResponse:
    """Call a method that changes something; what broke off after the request left us is ambiguous.

    Raises:
        RateLimited, Refused: Slack said no.
        Unavailable: nothing of the request has left us.
        Ambiguous: it did, and Slack did not say what came of it.
    """
    return _judged(call, unanswered=Ambiguous)


def read(call: Call) -> SlackResponse:
    """Call a method that only looks: whatever broke off, nothing has happened.

    Raises:
        RateLimited, Refused: Slack said no.
        Unavailable: Slack did not answer.
    """
    return _judged(call, unanswered=Unavailable)


def _judged(call: Call, *, unanswered: type[Unavailable]) -> SlackResponse:
    try:
        return call()
    except SlackApiError as error:
        raise _said_no(error.response, unanswered=unanswered) from error
    except HTTPError as error:
        raise unanswered(f"Slack answered {error.code} and broke off") from error
    except URLError as error:
        if isinstance(error.reason, NotConnected):
            raise Unavailable(f"no connection to Slack: {error.reason}") from error
        raise unanswered(f"Slack did not answer: {error.reason}") from error
    except (OSError, http.client.HTTPException, UnicodeDecodeError, SlackClientError) as error:
        raise unanswered(f"Slack did not answer: {type(error).__name__} {error}".rstrip()) from error


def _said_no(response: SlackResponse, *, unanswered: type[Unavailable]) -> Refused | Unavailable:
    """Slack's answer as one of our errors: by status first, since an error page has no code.

    A "200" without JSON came from somebody between us and Slack, who may have kept the request or passed it on.
    """
    status = response.status_code
    data: object = response.data
    said = data if isinstance(data, dict) else {}
    code = _code(said)
    if status == http.client.TOO_MANY_REQUESTS or code in _RATE_LIMITED:
        wait = _retry_after(response.headers)
        return RateLimited(
            f"Slack asks to wait {wait.total_seconds():g} s", code=code or "ratelimited", retry_after=wait
        )
    if (
        status >= http.client.INTERNAL_SERVER_ERROR
        or code in _MAYBE_DONE
        or (status == http.client.OK and not code)
    ):
        return unanswered(f"Slack answered {status} {code}".rstrip())
    needed = f"; the app needs the scope {said['needed']}" if said.get("needed") else ""
    return Refused(f"Slack refused: {code or status}{needed}", code=code or str(status))


def _code(said: Mapping[str, Any]) -> str:
    """Slack's word for a refusal; none for a body without JSON, where the SDK puts a sentence."""
    code = str(said.get("error", ""))
    return "" if " " in code else code


def _retry_after(
    headers: Any,
) -> timedelta:  # SlackResponse types it as a plain dict; it is an email.Message or a dict
    """Seconds, also fractional; a minute when Slack does not say."""
    raw = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(raw)
    except ValueError:
        return timedelta(minutes=1)
    return timedelta(seconds=seconds) if isfinite(seconds) and seconds >= 0 else timedelta(minutes=1)
