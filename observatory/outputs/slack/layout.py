"""Block Kit, as much of it as our messages use; every limit is kept here.

Limits as of docs.slack.dev ("Block Kit" reference): header 150, section text 3 000, field 2 000, button text 75, value 2 000, url 3 000.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from observatory.outputs.message import Block
from observatory.outputs.slack.text import cut

HEADER_LIMIT, SECTION_LIMIT, FIELD_LIMIT, VALUE_LIMIT, URL_LIMIT = 150, 3_000, 2_000, 2_000, 3_000


def header(text: str) -> Block:
    """The first line, large; plain text, so nothing in it is read as markup."""
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER_LIMIT), "emoji": True}}


def section(text: str) -> Block:
    """A paragraph."""
    return {"type": "section", "text": _mrkdwn(text, SECTION_LIMIT)}


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Names and values, two columns on a desk, one on a phone."""
    return {
        "type": "section",
        "fields": [_mrkdwn(f"*{name}*\n{value}", FIELD_LIMIT) for name, value in pairs[:10]],
    }


def context(text: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [_mrkdwn(text, FIELD_LIMIT)]}


@dataclass(frozen=True, slots=True)
class Press:
    """A button that tells us it was pressed."""

    action_id: str
    label: str
    value: str


def buttons(
    links: Sequence[tuple[str, str | None]], *, urgent: str | None = None, presses: Sequence[Press] = ()
) -> list[Block]:
    """One row; nothing when there are none. Slack refuses a whole message for one bad address, so those go."""
    pressed = [
        _button(press.action_id, press.label, urgent) | {"value": cut(press.value, VALUE_LIMIT)}
        for press in presses
    ]
    opening = [
        _button(f"open_{label.lower()}", label, urgent) | {"url": url}
        for label, url in links
        if url is not None and _opens(url)
    ]
    elements = [*pressed, *opening]
    return [{"type": "actions", "elements": elements}] if elements else []


def _button(action_id: str, label: str, urgent: str | None) -> dict[str, Any]:
    button = {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": label}}
    return button | {"style": "primary"} if label == urgent else button


def _mrkdwn(text: str, limit: int) -> dict[str, str]:
    return {"type": "mrkdwn", "text": cut(text, limit)}


def _opens(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    printable = url.isascii() and url.isprintable() and not set(url) & set(' <>|"')
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and printable and len(url) <= URL_LIMIT
