"""Bodies of requests, read no further than we take."""

from fastapi import Request


async def bounded(request: Request, limit: int) -> bytes | None:
    """The body as it came; None when it has more than `limit` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
