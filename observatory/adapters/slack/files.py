"""Pictures in Slack's threads: an address is asked for, the bytes go there, and then they are shared.

The bytes go from us to Slack, so that it works from behind a firewall, where Slack could fetch nothing. Steps as in
docs.slack.dev, "Working with files" (scope `files:write`).
"""

from datetime import timedelta

from observatory.adapters.slack.answers import read, write
from observatory.adapters.slack.client import TIMEOUT, SlackClient
from observatory.application.ports.pictures import Picture


class SlackFiles:
    """The `Pictures` port over Slack's Web API, or the development Slack's."""

    def __init__(self, token: str, *, base_url: str, timeout: timedelta = TIMEOUT) -> None:
        self._client = SlackClient(token, base_url=base_url, timeout=timeout)

    def attached(self, channel: str, ts: str, name: str) -> bool:
        """Look through the thread; its first hundred answers will do, since a picture comes early."""
        thread = read(lambda: self._client.conversations_replies(channel=channel, ts=ts, limit=100))
        return any(file.get("name") == name for one in thread["messages"] for file in one.get("files", ()))

    def attach(self, channel: str, ts: str, picture: Picture) -> None:
        """Upload and share. Nobody sees a file that is not shared, so only sharing changes something."""
        opened = read(
            lambda: self._client.files_getUploadURLExternal(
                filename=picture.name, length=len(picture.content), alt_txt=picture.alternative
            )
        )
        read(lambda: self._client.send(opened["upload_url"], picture.content))
        write(
            lambda: self._client.files_completeUploadExternal(
                files=[{"id": opened["file_id"], "title": picture.title}], channel_id=channel, thread_ts=ts
            )
        )
