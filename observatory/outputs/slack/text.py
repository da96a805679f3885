"""Other people's words made safe for a message: no pings, no broken lines, no more than fits.

Slack's own escaping is `&`, `<` and `>` and nothing else (docs.slack.dev, "Formatting message text"); a mention is
always written in angle brackets, so escaped text can't ping anyone.
"""

import re
import unicodedata

ELLIPSIS = "…"
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f"}
_GROUP = re.compile(r"S[A-Z0-9]{2,}")
_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_EVERYONE = {"here", "channel"}


def plain(text: str, limit: int) -> str:
    """One line of at most `limit` characters, without control characters and without a way to turn its neighbours round.

    Right-to-left text is isolated: it reads as it should and leaves the words beside it where they are.
    """
    line = " ".join("".join(map(_visible, text)).split())
    if not _has_right_to_left(line):
        return cut(line, limit)
    return f"{_FIRST_STRONG_ISOLATE}{cut(line, limit - 2)}{_POP_ISOLATE}"


def escape(text: str) -> str:
    """Text as Slack shows it literally."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str, limit: int) -> str:
    """`plain`, escaped; the limit counts what people see, the escaped form may be five times as long."""
    return escape(plain(text, limit))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, never ending inside an emoji or between a letter and its accent."""
    if len(text) <= limit:
        return text
    end = limit - len(ELLIPSIS)
    while end > 0 and _joins(text[end - 1], text[end]):
        end -= 1
    return text[:end].rstrip() + ELLIPSIS


def mention(written: str) -> str:
    """What a squad wrote as its on-call (`S…` a user group, `U…` a person, `here`) as Slack pings it.

    Anything else is shown and pings nobody.
    """
    name = written.strip().lstrip("@")
    if _GROUP.fullmatch(name):
        return f"<!subteam^{name}>"
    if _USER.fullmatch(name):
        return f"<@{name}>"
    if name in _EVERYONE:
        return f"<!{name}>"
    return mrkdwn(written, 80)


def _visible(character: str) -> str:
    if character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category in {"Cs", "Cf", "Co", "Cn"}:
        return ""
    return " " if category in {"Cc", "Zl", "Zp"} else character


def _has_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


def _joins(left: str, right: str) -> bool:
    return left == "\u200d" or right in _JOINERS or bool(unicodedata.combining(right))
