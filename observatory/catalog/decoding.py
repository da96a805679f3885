"""Bytes of a file to text, or what keeps them from being text."""

import re

from observatory.catalog.problems import Problem
from observatory.catalog.written import Place

MAX_BYTES = 1024 * 1024
"""Of one file."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decode(file: str, content: bytes) -> str | Problem:
    """UTF-8 text, without the byte order mark that some editors put before it."""
    if len(content) > MAX_BYTES:
        rule = f"a file has at most {MAX_BYTES // 1024:,} KiB; write one service to a file"
        return Problem(Place(file, 1), "", rule, value=f"{len(content) // 1024:,} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]  # without a byte order mark, as the error counts
        place = Place(file, before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        rule = "a file is UTF-8 text; save it in this encoding"
        return Problem(place, "", rule, value=f"byte 0x{error.object[error.start]:02X}")
    if (control := _CONTROL.search(text)) is not None:
        line = text.count("\n", 0, control.start()) + 1
        place = Place(file, line, control.start() - text.rfind("\n", 0, control.start()))
        return Problem(place, "", "a file holds no control characters", value=f"U+{ord(control[0]):04X}")
    return text
