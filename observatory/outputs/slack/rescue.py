"""Messages in need: refused for their decoration, sent elsewhere than meant, or possibly sent twice."""

from dataclasses import replace

from observatory.outputs.message import Message
from observatory.outputs.slack import layout
from observatory.outputs.slack.text import cut

_SHORT = 2_500
_BLOCKS = 50


def short_form(message: Message) -> Message:
    """The bare text: what remains when Slack refuses the rest. It is escaped already, and stays so."""
    return replace(message, text=_cut_escaped(message.text, _SHORT), blocks=())


def with_banner(message: Message, banner: str) -> Message:
    """The same message below a line that says what is unusual about it; `banner` is mrkdwn."""
    blocks = (
        (layout.section(f":information_source: {banner}"), *message.blocks)[:_BLOCKS]
        if message.blocks
        else ()
    )
    return replace(message, text=f"[{banner}] {message.text}", blocks=blocks)


def _cut_escaped(text: str, limit: int) -> str:
    """Cut, and not inside an entity: `&am` would be shown as it stands."""
    short = cut(text, limit)
    start = short.rfind("&")
    return short if start < 0 or ";" in short[start:] or short == text else short[:start] + "…"
