"""Slack's Web API methods, as far as alerts use them: arguments in, the answer's body out."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from observatory.sandbox.slack.model import BOT_ID, BOT_NAME, BOT_USER, TEAM_ID, TEAM_NAME, Channel, Posting
from observatory.sandbox.slack.sockets import Sockets
from observatory.sandbox.slack.uploads import Upload, Uploads
from observatory.sandbox.slack.workspace import SlackSaysNoError, Workspace

Arguments = Mapping[str, Any]
Body = dict[str, Any]
_MOST = 1_000


class Methods:
    """The methods over one workspace; `public_url` is where permalinks lead."""

    def __init__(
        self, workspace: Workspace, uploads: Uploads, sockets: Sockets, *, public_url: Callable[[], str]
    ) -> None:
        self._workspace, self._uploads, self._public_url = workspace, uploads, public_url
        self._by_name: dict[str, Callable[[Arguments], Body]] = {
            "api.test": lambda arguments: {"args": dict(arguments)},
            "apps.connections.open": lambda _arguments: {"url": sockets.open()},
            "auth.test": self._auth_test,
            "chat.delete": self._delete,
            "chat.getPermalink": self._permalink,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.info": self._info,
            "conversations.join": self._join,
            "conversations.list": self._list,
            "conversations.replies": self._replies,
            "files.completeUploadExternal": self._complete_upload,
            "files.getUploadURLExternal": self._open_upload,
        }

    def call(self, method: str, arguments: Arguments) -> Body:
        """The body of the answer.

        Raises:
            SlackSaysNoError: it is a refusal.
        """
        known = self._by_name.get(method)
        if known is None:
            raise SlackSaysNoError("unknown_method")
        return {"ok": True} | known(arguments)

    def _auth_test(self, _arguments: Arguments) -> Body:
        return {
            "url": f"{self._public_url()}/",
            "team": TEAM_NAME,
            "team_id": TEAM_ID,
            "user": BOT_NAME,
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
        }

    def _post(self, arguments: Arguments) -> Body:
        posting = self._workspace.post(
            Posting(
                channel=_text(arguments, "channel"),
                ts="",
                text=_text(arguments, "text"),
                blocks=_structure(arguments, "blocks", "invalid_blocks_format") or [],
                thread_ts=_text(arguments, "thread_ts") or None,
                metadata=_structure(arguments, "metadata", "invalid_metadata_format"),
                client_msg_id=_text(arguments, "client_msg_id") or None,
                broadcast=_flag(arguments, "reply_broadcast"),
                attachments=_structure(arguments, "attachments", "invalid_attachments") or [],
            )
        )
        return {"channel": posting.channel, "ts": posting.ts, "message": self._shown(posting)}

    def _update(self, arguments: Arguments) -> Body:
        posting = self._workspace.update(
            _text(arguments, "channel"),
            _text(arguments, "ts"),
            _text(arguments, "text"),
            _structure(arguments, "blocks", "invalid_blocks_format") or [],
            _structure(arguments, "metadata", "invalid_metadata_format"),
        )
        return {
            "channel": posting.channel,
            "ts": posting.ts,
            "text": posting.text,
            "message": self._shown(posting),
        }

    def _delete(self, arguments: Arguments) -> Body:
        channel, ts = _text(arguments, "channel"), _text(arguments, "ts")
        self._workspace.delete(channel, ts)
        return {"channel": channel, "ts": ts}

    def _permalink(self, arguments: Arguments) -> Body:
        channel = self._workspace.channel(_text(arguments, "channel")).id
        posting = self._workspace.posting(channel, _text(arguments, "message_ts"))
        link = f"{self._public_url()}/archives/{channel}/p{posting.ts.replace('.', '')}"
        thread = f"?thread_ts={posting.thread_ts}&cid={channel}" if posting.is_reply else ""
        return {"channel": channel, "permalink": link + thread}

    def _info(self, arguments: Arguments) -> Body:
        return {"channel": self._workspace.channel(_text(arguments, "channel")).as_slack()}

    def _list(self, _arguments: Arguments) -> Body:
        channels = [channel.as_slack() for channel in self._workspace.channels.values()]
        return {"channels": channels, "response_metadata": {"next_cursor": ""}}

    def _join(self, arguments: Arguments) -> Body:
        channel = self._workspace.channel(_text(arguments, "channel"))
        if channel.archived:
            raise SlackSaysNoError("is_archived")
        if channel.private:
            raise SlackSaysNoError("method_not_supported_for_channel_type")
        channel.member = True
        return {"channel": self._workspace.create_channel(channel).as_slack()}

    def _history(self, arguments: Arguments) -> Body:
        channel = self._readable(arguments)
        newest_first = self._workspace.timeline(channel.id)[::-1]
        return self._paged([one for one in newest_first if _is_within(one, arguments)], arguments)

    def _replies(self, arguments: Arguments) -> Body:
        channel, ts = self._readable(arguments), _text(arguments, "ts")
        try:
            parent = self._workspace.posting(channel.id, ts)
        except SlackSaysNoError:
            raise SlackSaysNoError("thread_not_found") from None
        replies = self._workspace.replies(channel.id, ts)
        return self._paged([parent, *(one for one in replies if _is_within(one, arguments))], arguments)

    def _open_upload(self, arguments: Arguments) -> Body:
        name, length = _text(arguments, "filename"), _text(arguments, "length")
        if not name or not length.isdigit() or int(length) == 0:
            raise SlackSaysNoError("invalid_arguments")
        upload, address = self._uploads.open(name, int(length))
        return {"upload_url": address, "file_id": upload.id}

    def _complete_upload(self, arguments: Arguments) -> Body:
        """Every file is complete; with a channel they are shown there, in one message."""
        wanted = _structure(arguments, "files", "invalid_arguments")
        if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted) or not wanted:
            raise SlackSaysNoError("invalid_arguments")
        done = [self._completed(one) for one in wanted]
        channel = _text(arguments, "channel_id") or _text(arguments, "channels")
        if channel:
            comment = _text(arguments, "initial_comment")
            names = ", ".join(upload.title or upload.name for upload in done)
            blocks = [_picture(upload) for upload in done if upload.media_type.startswith("image/")]
            thread = _text(arguments, "thread_ts") or None
            self._workspace.post(Posting(channel, "", comment or names, blocks, thread_ts=thread))
        return {
            "files": [
                {"id": one.id, "title": one.title, "permalink": self._uploads.link(one)} for one in done
            ]
        }

    def _completed(self, wanted: Mapping[str, Any]) -> Upload:
        upload = self._uploads.find(str(wanted.get("id")))
        if upload is None:
            raise SlackSaysNoError("file_not_found")
        upload.title = str(wanted.get("title") or upload.name)
        return upload

    def _readable(self, arguments: Arguments) -> Channel:
        channel = self._workspace.channel(_text(arguments, "channel"))
        if not channel.member:
            raise SlackSaysNoError("not_in_channel")
        return channel

    def _paged(self, postings: list[Posting], arguments: Arguments) -> Body:
        """A page; the cursor is the number of messages before it."""
        start, limit = _number(arguments, "cursor", 0), _number(arguments, "limit", 100)
        end = start + min(max(limit, 1), _MOST)
        more = end < len(postings)
        wants_metadata = _flag(arguments, "include_all_metadata")
        return {
            "messages": [self._shown(one, payload=wants_metadata) for one in postings[start:end]],
            "has_more": more,
            "response_metadata": {"next_cursor": str(end) if more else ""},
        }

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Body]:
        """A channel's messages, or a thread's with its root: oldest first, with all their metadata."""
        shown = self._workspace.timeline(channel)
        if thread_ts is not None:
            shown = [
                self._workspace.posting(channel, thread_ts),
                *self._workspace.replies(channel, thread_ts),
            ]
        return [self._shown(one) for one in shown]

    def _shown(self, posting: Posting, *, payload: bool = True) -> Body:
        """A message as the API shows it; without `payload` its metadata keeps only the type, as Slack's does."""
        message: Body = {
            "type": "message",
            "user": BOT_USER,
            "bot_id": BOT_ID,
            "ts": posting.ts,
            "text": posting.text,
        }
        if posting.blocks:
            message["blocks"] = posting.blocks
        if files := self._files(posting):
            message["files"] = files
        if posting.attachments:
            message["attachments"] = posting.attachments
        if posting.client_msg_id:
            message["client_msg_id"] = posting.client_msg_id
        if posting.edited:
            message["edited"] = {"user": BOT_USER, "ts": posting.edited}
        if posting.metadata:
            kind = {"event_type": posting.metadata["event_type"]}
            message["metadata"] = posting.metadata if payload else kind
        return message | self._thread(posting)

    def _files(self, posting: Posting) -> list[Body]:
        """The files that are shared in a message."""
        ids = (str(block.get("slack_file", {}).get("id")) for block in posting.blocks)
        found = (self._uploads.find(file_id) for file_id in ids)
        return [{"id": one.id, "name": one.name, "title": one.title} for one in found if one is not None]

    def _thread(self, posting: Posting) -> Body:
        if posting.is_reply:
            return {"thread_ts": posting.thread_ts}
        replies = self._workspace.replies(posting.channel, posting.ts)
        if not replies:
            return {}
        return {"thread_ts": posting.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}


def _picture(upload: Upload) -> dict[str, Any]:
    title = upload.title or upload.name
    return {"type": "image", "slack_file": {"id": upload.id}, "alt_text": title}


def _text(arguments: Arguments, name: str) -> str:
    return str(arguments.get(name) or "")


def _flag(arguments: Arguments, name: str) -> bool:
    return str(arguments.get(name, "")).lower() in {"1", "true"}


def _number(arguments: Arguments, name: str, default: int) -> int:
    raw = _text(arguments, name)
    if not raw:
        return default
    if not raw.isdigit():
        raise SlackSaysNoError("invalid_cursor" if name == "cursor" else "invalid_limit")
    return int(raw)


def _structure(arguments: Arguments, name: str, refusal: str) -> Any:
    """An argument that is JSON: as such in a JSON body, as a string in a form."""
    value = arguments.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise SlackSaysNoError(refusal) from None


def _is_within(posting: Posting, arguments: Arguments) -> bool:
    oldest = float(_text(arguments, "oldest") or 0)
    latest = float(_text(arguments, "latest") or "inf")
    inclusive = _flag(arguments, "inclusive")
    ts = float(posting.ts)
    return oldest < ts < latest or (inclusive and ts in {oldest, latest})
