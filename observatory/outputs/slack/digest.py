"""Many new tickets of one channel in one message, which is edited as they change."""

from collections.abc import Sequence

from observatory.outputs.message import Block, Message
from observatory.outputs.slack import layout

_SHOWN = 30
_TOGETHER = 10
_LINE = 250


def render_digest(lines: Sequence[str]) -> Message:
    """One line (mrkdwn) an incident, newest last; beyond 30 they are only counted."""
    text = f"{len(lines)} new tickets at once"
    shown = lines[:_SHOWN]
    blocks: list[Block] = [layout.header(f"🗂️ {text}")]
    for start in range(0, len(shown), _TOGETHER):
        part = shown[start : start + _TOGETHER]
        blocks.append(layout.section("\n".join(f"• {_one_line(line)}" for line in part)))
    rest = len(lines) - len(shown)
    more = f"and {rest} more. " if rest else ""
    blocks.append(
        layout.context(f"{more}Each is told here and in the thread; pages have their own messages.")
    )
    return Message(text=text, blocks=tuple(blocks))


def _one_line(text: str) -> str:
    """As it is shown in a list: not cut inside an entity or a link."""
    line = " ".join(text.split())
    if len(line) <= _LINE:
        return line
    cut = line[:_LINE]
    for opening, closing in (("<", ">"), ("&", ";")):
        if cut.rfind(opening) > cut.rfind(closing):
            cut = cut[: cut.rfind(opening)]
    return f"{cut.rstrip()}…"
