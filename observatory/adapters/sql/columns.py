"""How our values lie in columns, the same in SQLite and PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from observatory.outputs.message import Message


class Coded(sa.TypeDecorator[Any]):
    """A column of the type `stored`, written and read through two functions; NULL stays None."""

    impl = sa.Text
    cache_ok = True

    def __init__(
        self, stored: sa.types.TypeEngine[Any], encode: Callable[[Any], Any], decode: Callable[[Any], Any]
    ) -> None:
        super().__init__()
        self.impl = stored  # type: ignore[assignment]  # the class has a type here, an instance an instance
        self.encode = encode
        self.decode = decode

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """From our value to the driver's."""
        return None if value is None else self.encode(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """From the driver's value to ours."""
        return None if value is None else self.decode(value)


def moment() -> Coded:
    """An aware datetime. SQLite has none: there it is text in UTC, all of one length, so that it sorts."""
    return Coded(sa.DateTime(timezone=True), _to_utc, _as_utc)


def word(words: type[StrEnum]) -> Coded:
    """A member of an enumeration, as text: a new member needs no migration."""
    return Coded(sa.Text(), str, words)


def line() -> Coded:
    """Text that others wrote.

    PostgreSQL takes neither NUL nor half a character, and that must not keep an attempt from being settled.
    """
    return Coded(sa.Text(), _storable, str)


def document(kind: type[Any]) -> Coded:
    """A dataclass as JSON: a new field with a default needs no migration."""
    adapter = TypeAdapter(kind)
    return Coded(sa.JSON(), lambda value: adapter.dump_python(value, mode="json"), adapter.validate_python)


def message() -> Coded:
    """A message as JSON; its blocks are a tuple again, so that it equals what was written."""
    whole = document(Message)
    return Coded(sa.JSON(), whole.encode, lambda stored: _with_tuple(whole.decode(stored)))


def _with_tuple(read: Message) -> Message:
    return replace(read, blocks=tuple(read.blocks))


def _to_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _as_utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
