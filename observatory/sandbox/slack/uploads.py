"""Files, sent in Slack's three steps: ask for an address, post the bytes there, say which channel they are for.

Steps as in docs.slack.dev, "Working with files". A file may be shared into a channel or thread, or shown by an image
block that names it (`slack_file`). Files live as long as the process.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

_TYPES = {
    b"\x89PNG": "image/png",
    b"GIF8": "image/gif",
    b"\xff\xd8\xff": "image/jpeg",
    b"%PDF": "application/pdf",
}


@dataclass(slots=True)
class Upload:
    """A file: `content` None until its bytes have come, `title` None until it is complete."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str | None = None

    @property
    def media_type(self) -> str:
        """By its first bytes; nothing that a browser would run."""
        start = self.content or b""
        return next((kind for mark, kind in _TYPES.items() if start.startswith(mark)), "text/plain")


class Uploads:
    """Every file of the workspace; `public_url` is where people are served, `bot_url` where the bot brings them."""

    def __init__(self, public_url: Callable[[], str], bot_url: Callable[[], str]) -> None:
        self._public_url, self._bot_url = public_url, bot_url
        self._by_id: dict[str, Upload] = {}
        self._by_ticket: dict[str, Upload] = {}

    def open(self, name: str, length: int) -> tuple[Upload, str]:
        """A new file, and the address that takes its bytes."""
        upload = Upload(f"F0{secrets.token_hex(4).upper()}", name, length)
        ticket = secrets.token_hex(12)
        self._by_id[upload.id] = self._by_ticket[ticket] = upload
        return upload, f"{self._bot_url()}/upload/v1/{ticket}"

    def receive(self, ticket: str, content: bytes) -> bool:
        """Take the bytes; False for an address that nobody was given, or a length other than announced."""
        upload = self._by_ticket.get(ticket)
        if upload is None or len(content) != upload.length:
            return False
        upload.content = content
        return True

    def find(self, file_id: str) -> Upload | None:
        """A file whose bytes have come."""
        upload = self._by_id.get(file_id)
        return upload if upload is not None and upload.content is not None else None

    def link(self, upload: Upload) -> str:
        """Where it is shown."""
        return f"{self._public_url()}/files/{upload.id}"


def upload_routes(uploads: Uploads) -> APIRouter:
    """Where bytes come in, and where they are looked at."""
    router = APIRouter(include_in_schema=False)

    @router.post("/upload/v1/{ticket}")
    async def receive(ticket: str, request: Request) -> Response:
        content = await _content(request)
        taken = uploads.receive(ticket, content)
        return PlainTextResponse(f"OK - {len(content)}" if taken else "unknown_upload", 200 if taken else 404)

    @router.get("/files/{file_id}")
    async def show(file_id: str) -> Response:
        upload = uploads.find(file_id)
        if upload is None:
            return PlainTextResponse("file_not_found", 404)
        return Response(upload.content, media_type=upload.media_type)

    return router


async def _content(request: Request) -> bytes:
    """The raw body, or the one file of a form: Slack takes both."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    form = await request.form()
    parts = [value for value in form.values() if not isinstance(value, str)]
    return await parts[0].read() if parts else b""
