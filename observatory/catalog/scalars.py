"""What unquoted words in YAML mean: YAML 1.2's core schema, with whatever older readers see differently set apart."""

import re
from decimal import Decimal

from observatory.catalog.nodes import Listed, Mapped, Node, Scalar
from observatory.catalog.written import Ambiguous, Written

Value = str | int | bool | None | Decimal | Ambiguous | tuple[object, ...] | Written

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_READINGS = [
    (re.compile(form, re.ASCII), reading)
    for form, reading in (
        (r"(?i:y|n|yes|no|on|off)", "true or false"),
        (r"[-+]?\.(?i:inf|nan)", "infinity or no number"),
        (r"[-+]?0o?[0-7_]+", "an octal number"),
        (r"[-+]?0(?i:[xb][0-9a-f_]+)", "a hexadecimal or binary number"),
        (r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?", "a date"),
        (r"[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?", "a number to the base of 60"),
        (r"[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?i:e[-+]?\d+)?", "another number"),
        (r"<<|=", "an instruction to merge"),
    )
]


def value_of(node: Node) -> Value:
    """What a node says: mappings as Written, sequences as tuples, numbers with a point as exact decimals."""
    match node:
        case Mapped():
            return Written({key: value_of(entry.value) for key, entry in node.entries.items()}, node.place)
        case Listed():
            return tuple(map(value_of, node.items))
        case Scalar(plain=False):
            return node.text
        case Scalar():
            return _plain(node.text)


_BEGINNINGS = frozenset("+-.<=0123456789ynoYNO")
"""What a text begins with that any of the forms fits."""


def _plain(text: str) -> Value:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _BEGINNINGS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    for form, reading in _READINGS:
        if form.fullmatch(text):
            return Ambiguous(text, reading)
    return text
