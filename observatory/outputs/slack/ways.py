"""What the platform squad reads of a channel that breaks, and of one that is well again."""

from datetime import timedelta

from observatory.catalog import Squad
from observatory.outputs.message import Message
from observatory.outputs.slack import layout, numbers
from observatory.outputs.slack.text import mrkdwn

_MEND = {
    "channel_not_found": "The id is wrong, or the channel is private and the bot was not invited.",
    "not_in_channel": "Invite the bot: `/invite @observatory`.",
    "is_archived": "Unarchive it, or name another channel.",
    "restricted_action": "Its posting permissions leave apps out.",
}


def render_broken(destination: str, code: str, squad: Squad | None) -> Message:
    """That messages for this destination go elsewhere, why, and where to mend it."""
    of = "" if squad is None else f" of squad *{mrkdwn(squad.name, 80)}*"
    where = "" if squad is None else f" It is defined in `{mrkdwn(str(squad.place), 200)}`."
    mend = _MEND.get(code, "")
    text = f"{destination}{of} can't be reached: `{mrkdwn(code, 80)}`"
    rest = " ".join(part for part in (mend, f"Its messages go to the next way until then.{where}") if part)
    return Message(text=text, blocks=(layout.section(f":no_entry: {text}\n{rest}"),))


def render_mended(destination: str, after: timedelta) -> Message:
    """That it takes messages again."""
    text = f"{destination} can be reached again, after {numbers.span(after)}"
    return Message(text=text, blocks=(layout.section(f":white_check_mark: {text}"),))
