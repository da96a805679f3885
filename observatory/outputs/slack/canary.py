"""The hourly message to the canary channel."""

from datetime import datetime

from observatory.outputs.message import Message
from observatory.outputs.slack import layout


def render_canary(now: datetime) -> Message:
    """That pages could be told at this moment; times are UTC, since the channel is nobody's."""
    text = f"🐤 Observatory reaches Slack ({now:%Y-%m-%d %H:%M:%S} UTC)"
    return Message(text=text, blocks=(layout.context(f"{text}. An hour without this: look at `/readyz`."),))
