"""A message as plain text, for where nobody reads Slack's markup: e-mail, other programs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from observatory.outputs.message import Block, Message

_ANGLE = re.compile(r"<([^<>|\n]+)(?:\|([^<>\n]*))?>")
_SYMBOL = re.compile(r":[a-z0-9_+-]+: ?")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_SUBJECT = 150


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message says: its first line, and all of it."""

    subject: str
    """One line."""
    body: str


def letter(message: Message) -> Letter:
    """A message in words; links are written out, and nothing of the markup is left."""
    first = " ".join(plain(message.text).split())
    subject = first if len(first) <= _SUBJECT else f"{first[: _SUBJECT - 1].rstrip()}…"
    paragraphs = [text for block in message.blocks for text in _paragraphs(block) if text]
    return Letter(subject, "\n\n".join(paragraphs) if paragraphs else plain(message.text))


def plain(mrkdwn: str) -> str:
    """Slack's markup as people would write it by hand."""
    text = _SYMBOL.sub("", _ANGLE.sub(_target, mrkdwn))
    return unescape(_BOLD.sub(r"\1", text)).strip()


def _target(match: re.Match[str]) -> str:
    """`<…>`: a link, a mention, a channel, a date."""
    target, label = match[1], match[2]
    if target.startswith(("http://", "https://", "mailto:")):
        return f"{label}: {target}" if label else target
    if target.startswith("!date"):
        return label or ""
    return label or target.lstrip("!@").replace("subteam^", "@")


def _paragraphs(block: Block) -> Iterator[str]:
    match block.get("type"):
        case "header" | "section" | "context":
            texts = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
            yield "\n".join(plain(text["text"]) for text in texts if _has_words(text))
        case "actions":
            yield "\n".join(
                f"{plain(one['text']['text'])}: {one['url']}" for one in block["elements"] if "url" in one
            )


def _has_words(text: Mapping[str, Any] | None) -> bool:
    return text is not None and isinstance(text.get("text"), str)
