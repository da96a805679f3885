"""What Slack refuses in a message: its published limits, and the one it does not publish.

Limits as of docs.slack.dev, "Block Kit" reference; the total of about 13 200 characters is seen, not documented.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from observatory.sandbox.slack.attachments import are_valid

TEXT, TOTAL, BLOCKS = 40_000, 13_200, 50
_BLOCK_ID = 255
_Object = dict[str, Any]


def refusal(text: str, blocks: object, metadata: object, attachments: object = ()) -> str | None:
    """The code with which Slack refuses this message; None when it takes it."""
    if not text and not blocks and not attachments:
        return "no_text"
    if len(text) > TEXT:
        return "msg_too_long"
    if not isinstance(blocks, list):
        return "invalid_blocks_format"
    if not _are_valid(blocks):
        return "invalid_blocks"
    if sum(map(len, _texts(blocks))) > TOTAL:
        return "msg_blocks_too_long"
    return _metadata_refusal(metadata) if are_valid(attachments) else "invalid_attachments"


def _metadata_refusal(metadata: object) -> str | None:
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        return "invalid_metadata_format"
    return None if metadata.get("event_type") else "invalid_metadata_format"


def _are_valid(blocks: list[object]) -> bool:
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    return len(blocks) <= BLOCKS and len(ids) == len(set(ids)) and all(map(_is_valid, blocks))


def _is_valid(block: object) -> bool:
    if not isinstance(block, dict) or len(str(block.get("block_id", ""))) > _BLOCK_ID:
        return False
    check = _CHECKS.get(str(block.get("type")))
    return check is not None and check(block)


def _header(block: _Object) -> bool:
    return _is_text(block.get("text"), 150, plain=True)


def _section(block: _Object) -> bool:
    text, fields = block.get("text"), block.get("fields")
    if text is None and not fields:
        return False
    if text is not None and not _is_text(text, 3_000):
        return False
    accessory = block.get("accessory")
    if accessory is not None and not (_is_image(accessory) or _is_button(accessory)):
        return False
    return fields is None or (_is_list(fields, 10) and all(_is_text(one, 2_000) for one in fields))


def _context(block: _Object) -> bool:
    elements = block.get("elements")
    return _is_list(elements, 10) and all(_is_text(one, 3_000) or _is_image(one) for one in elements or ())


def _actions(block: _Object) -> bool:
    elements = block.get("elements")
    if not _is_list(elements, 25) or not all(map(_is_button, elements or ())):
        return False
    ids = [one["action_id"] for one in elements or () if "action_id" in one]
    return len(ids) == len(set(ids))


def _image(block: _Object) -> bool:
    return _is_image(block)


def _divider(_block: _Object) -> bool:
    return True


_CHECKS: dict[str, Callable[[_Object], bool]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "divider": _divider,
}


def _is_list(value: object, limit: int) -> bool:
    return isinstance(value, list) and 0 < len(value) <= limit


def _is_text(value: object, limit: int, *, plain: bool = False) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return False
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    return value.get("type") in kinds and 0 < len(value["text"]) <= limit


def _is_button(value: object) -> bool:
    if not isinstance(value, dict) or value.get("type") != "button":
        return False
    sizes = (("action_id", 255), ("value", 2_000), ("url", 3_000))
    if any(len(str(value.get(key, ""))) > limit for key, limit in sizes):
        return False
    if value.get("style", "primary") not in {"primary", "danger"}:
        return False
    return _is_text(value.get("text"), 75, plain=True) and _is_url(value.get("url", "https://none"))


def _is_image(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.get("type") == "image"
        and (_is_url(value.get("image_url")) or _is_file(value.get("slack_file")))
        and 0 < len(str(value.get("alt_text", ""))) <= 2_000  # noqa: PLR2004 - Slack's limit
    )


def _is_file(value: object) -> bool:
    """A file of the workspace, by its id or by its address."""
    return isinstance(value, dict) and bool(value.get("id") or value.get("url"))


def _is_url(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(urlsplit(value).scheme) and " " not in value
    except ValueError:
        return False


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
