"""Legacy attachments, as Alertmanager and other programs send them: a coloured bar with a title and text."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

MOST = 100
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_WORDS = ("fallback", "pretext", "title", "text", "footer")


def are_valid(attachments: object) -> bool:
    """A list of at most 100, each of which says something."""
    return (
        isinstance(attachments, list | tuple)
        and len(attachments) <= MOST
        and all(isinstance(one, dict) and any(one.get(word) for word in _WORDS) for one in attachments)
    )


def as_html(attachments: Sequence[Mapping[str, Any]], mrkdwn: Callable[[str], str]) -> str:
    """Below the message; `mrkdwn` makes HTML of Slack's markup, and escapes."""
    return "".join(_one(attachment, mrkdwn) for attachment in attachments)


def _one(attachment: Mapping[str, Any], mrkdwn: Callable[[str], str]) -> str:
    def word(name: str) -> str:
        return mrkdwn(str(attachment.get(name) or ""))

    color = str(attachment.get("color") or "")
    bar = color if _COLOR.fullmatch(color) else "#dddddd"
    title = f"<p><strong>{word('title')}</strong></p>" if attachment.get("title") else ""
    text = f"<p>{word('text')}</p>" if attachment.get("text") else ""
    footer = f"<p><small>{word('footer')}</small></p>" if attachment.get("footer") else ""
    pretext = f"<p>{word('pretext')}</p>" if attachment.get("pretext") else ""
    style = f"border-left: 4px solid {escape(bar)}; padding-left: 12px; white-space: pre-line"
    return f'{pretext}<div style="{style}">{title}{text}{footer}</div>'
