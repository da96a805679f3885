"""What people read in Slack: an incident's message, the replies in its thread, and both in need."""

from observatory.outputs.slack.background import Background
from observatory.outputs.slack.digest import render_digest
from observatory.outputs.slack.incident import render_root
from observatory.outputs.slack.people import Action
from observatory.outputs.slack.removed import render_removed
from observatory.outputs.slack.reply import render_reply
from observatory.outputs.slack.rescue import short_form, with_banner
from observatory.outputs.slack.ways import render_broken, render_mended

__all__ = [
    "Action",
    "Background",
    "render_broken",
    "render_digest",
    "render_mended",
    "render_removed",
    "render_reply",
    "render_root",
    "short_form",
    "with_banner",
]
