"""Block Kit and mrkdwn as HTML, the way Slack shows them; everything that people wrote is escaped."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape, unescape
from typing import Any

import emoji
from markupsafe import Markup

from observatory.sandbox.slack.attachments import as_html

_Object = Mapping[str, Any]
_ANGLE = re.compile(r"<([^<>\n]+)>")
_CODE_BLOCK = re.compile(r"```\n?(.+?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?! )([^*\n]+?)(?<! )\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_(?! )([^_\n]+?)(?<! )_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~(?! )([^~\n]+?)(?<! )~(?![\w~])"), "s"),
)
_KEPT = re.compile("\x00(\\d+)\x00")


class Rendering:
    """Renders messages; `channel_names` puts names to channel ids in links, `pressable` makes buttons work."""

    def __init__(self, channel_names: Mapping[str, str], *, pressable: bool = False) -> None:
        self._names = channel_names
        self._pressable = pressable
        self._blocks: dict[str, Callable[[_Object], str]] = {
            "header": lambda block: f"<h3>{self._text(block['text'])}</h3>",
            "section": self._section,
            "context": self._context,
            "actions": self._actions,
            "image": lambda block: (
                f"<figure>{_image(block)}<figcaption>{escape(block['alt_text'])}</figcaption></figure>"
            ),
            "divider": lambda _block: "<hr>",
        }

    def message(self, text: str, blocks: list[dict[str, Any]], *, presses: str = "") -> Markup:
        """A message's body: its blocks, or its text when it has none; `presses` is where its buttons lead."""
        if not blocks:
            return Markup(f"<p>{self.mrkdwn(text)}</p>")  # noqa: S704 - mrkdwn escapes
        body = "".join(self._block(block) for block in blocks)
        if self._pressable and presses:
            body = f'<form method="post" action="{escape(presses)}">{body}</form>'
        return Markup(body)  # noqa: S704 - every renderer escapes

    def attachments(self, attachments: Sequence[Mapping[str, Any]]) -> Markup:
        """What stands below a message's body."""
        return Markup(as_html(attachments, self.mrkdwn))  # noqa: S704 - mrkdwn escapes

    def mrkdwn(self, source: str) -> str:
        """Slack's markup as HTML. Links, mentions and code are set aside first, so that no style reaches into them."""
        kept: list[str] = []

        def keep(html: str) -> str:
            kept.append(html)
            return f"\x00{len(kept) - 1}\x00"

        text = source.replace("\x00", "")
        text = _CODE_BLOCK.sub(lambda match: keep(f"<pre>{_literal(match[1])}</pre>"), text)
        text = _CODE.sub(lambda match: keep(f"<code>{_literal(match[1])}</code>"), text)
        text = _ANGLE.sub(lambda match: keep(self._angle(match[1])), text)
        text = emoji.emojize(_literal(text), language="alias")
        for pattern, tag in _STYLES:
            text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
        lines = _quotes(text).replace("\n", "<br>")
        while _KEPT.search(lines):
            lines = _KEPT.sub(lambda match: kept[int(match[1])], lines)
        return lines

    def _block(self, block: _Object) -> str:
        kind = str(block["type"])
        return f'<div class="block {escape(kind)}">{self._blocks[kind](block)}</div>'

    def _section(self, block: _Object) -> str:
        text = f"<p>{self._text(block['text'])}</p>" if block.get("text") else ""
        fields = "".join(f"<p>{self._text(one)}</p>" for one in block.get("fields", ()))
        side = self._element(block["accessory"]) if block.get("accessory") else ""
        return text + (f'<div class="fields">{fields}</div>' if fields else "") + side

    def _context(self, block: _Object) -> str:
        return "".join(f"<span>{self._element(one)}</span>" for one in block["elements"])

    def _actions(self, block: _Object) -> str:
        return "".join(self._element(one) for one in block["elements"])

    def _element(self, element: _Object) -> str:
        match element["type"]:
            case "button":
                return self._button(element)
            case "image":
                return _image(element)
            case _:
                return self._text(element)

    def _button(self, button: _Object) -> str:
        label, style = self._text(button["text"]), escape(button.get("style", ""))
        if "url" not in button:
            press = f'name="action_id" value="{escape(button.get("action_id", ""))}"'
            return (
                f'<button class="button {style}" {press if self._pressable else "disabled"}>{label}</button>'
            )
        return f'<a class="button {style}" {_target(button["url"])}>{label}</a>'

    def _text(self, text: _Object) -> str:
        if text["type"] == "mrkdwn":
            return self.mrkdwn(text["text"])
        plain = text["text"]
        if text.get("emoji", True):
            plain = emoji.emojize(plain, language="alias")
        return escape(plain).replace("\n", "<br>")

    def _angle(self, inside: str) -> str:
        """`<…>`: a channel, a person, a group, everyone, a date or a link."""
        target, _, label = inside.partition("|")
        match target[0]:
            case "#":
                name = label or self._names.get(target[1:], target[1:])
                return f'<a class="mention" href="/archives/{escape(target[1:])}">#{_literal(name)}</a>'
            case "@":
                return f'<span class="mention">@{_literal(label or target[1:])}</span>'
            case "!":
                return f'<span class="mention loud">{_literal(label or _special(target))}</span>'
            case _:
                return f"<a {_target(unescape(target))}>{_literal(label or target)}</a>"


def _special(target: str) -> str:
    group = target.removeprefix("!subteam^")
    return f"@{group}" if group != target else f"@{target[1:]}"


def _quotes(html: str) -> str:
    """Lines that begin with `>`; neighbours share one quote."""
    return re.sub(
        r"(?:^&gt; ?.*(?:\n|$))+",
        lambda match: (
            "<blockquote>"
            + re.sub(r"^&gt; ?", "", match[0].rstrip("\n"), flags=re.MULTILINE)
            + "</blockquote>"
        ),
        html,
        flags=re.MULTILINE,
    )


def _literal(text: str) -> str:
    """Slack's three entities read, then HTML's written."""
    return escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _target(url: str) -> str:
    safe = url if url.startswith(("http://", "https://", "mailto:")) else "#"
    return f'href="{escape(safe)}" target="_blank" rel="noreferrer"'


def _image(image: _Object) -> str:
    file = image.get("slack_file") or {}
    if "id" in file:
        return f'<img src="/files/{escape(str(file["id"]))}" alt="{escape(str(image["alt_text"]))}">'
    url = str(image.get("image_url") or file.get("url"))
    safe = url if url.startswith(("http://", "https://")) else ""
    return f'<img src="{escape(safe)}" alt="{escape(str(image["alt_text"]))}">'
