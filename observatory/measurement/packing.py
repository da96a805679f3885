"""Buckets as compact bytes, for stores that keep them whole."""

import io
import struct
import zlib
from typing import IO, Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from observatory.errors import DefinitionError
from observatory.measurement.buckets import FIELDS, Buckets

_MAGIC = b"OB2"
_WITH_ZLIB = b"OB1"
"""The same inside; no longer written."""
_HEADER = struct.Struct("<IIII")
"""Length of a bucket in seconds, number of buckets, number of SLOs, bytes of the ids."""
_FAST = 1
"""Zstandard's level: higher ones take longer and shrink buckets no further."""
_DAMAGES = (zstandard.ZstdError, zlib.error, struct.error, ValueError, IndexError)
_TYPES: tuple[np.dtype[Any], ...] = (np.dtype("<u1"), np.dtype("<u2"), np.dtype("<u4"), np.dtype("<f8"))


def pack(buckets: Buckets) -> bytes:
    """Buckets to bytes, without loss; `unpack` turns them back.

    A column is written in the smallest type that holds every value exactly, its bytes grouped by significance,
    so that equal ones stand together.
    """
    ids = "\n".join(buckets.slos).encode()
    parts = [_HEADER.pack(buckets.seconds, *buckets.bad.shape, len(ids)), ids]
    parts.append(np.asarray(buckets.ends, dtype="<i8").tobytes())
    for name in FIELDS:
        values: NDArray[np.float64] = getattr(buckets, name)
        kind = next(number for number, dtype in enumerate(_TYPES) if _holds(dtype, values))
        narrow = np.ascontiguousarray(values, dtype=_TYPES[kind])
        parts.append(bytes([kind]))
        parts.append(narrow.reshape(-1, 1).view(np.uint8).T.tobytes())
    return _MAGIC + zstandard.ZstdCompressor(_FAST, write_checksum=True).compress(b"".join(parts))


def unpack(packed: bytes) -> Buckets:
    """The buckets that `pack` was given.

    Raises:
        DefinitionError: these bytes were not written by `pack`, or not all of them are here.
    """
    try:
        return _read(_inside(packed).read())
    except _DAMAGES as error:
        raise DefinitionError(f"packed buckets are damaged: {error}") from error


def packed_slos(packed: bytes) -> tuple[str, ...]:
    """The ids of packed buckets, without unpacking the rest.

    Raises:
        DefinitionError: these bytes were not written by `pack`; what is wrong further on is not seen.
    """
    try:
        inside = _inside(packed)
        *_, columns, length = _HEADER.unpack(inside.read(_HEADER.size))
        return tuple(inside.read(length).decode().split("\n")) if columns else ()
    except _DAMAGES as error:
        raise DefinitionError(f"packed buckets are damaged: {error}") from error


def _inside(packed: bytes) -> IO[bytes]:
    magic = packed[: len(_MAGIC)]
    if magic == _MAGIC:
        return zstandard.ZstdDecompressor().stream_reader(packed[len(_MAGIC) :])
    if magic == _WITH_ZLIB:
        return io.BytesIO(zlib.decompress(packed[len(_MAGIC) :]))
    raise DefinitionError(f"not packed buckets: they begin with {magic!r}, not {_MAGIC!r}")


def _holds(dtype: np.dtype[Any], values: NDArray[np.float64]) -> bool:
    if dtype.kind == "f":
        return True
    fits = (values >= 0) & (values <= np.iinfo(dtype.str).max) & (values == np.floor(values))
    return bool(fits.all() and not np.signbit(values).any())


def _read(data: bytes) -> Buckets:
    seconds, rows, columns, length = _HEADER.unpack_from(data)
    position = _HEADER.size
    ids = data[position : position + length].decode()
    position += length
    ends = np.frombuffer(data, dtype="<i8", count=rows, offset=position).astype(np.int64)
    position += ends.nbytes
    fields = {}
    for name in FIELDS:
        dtype = _TYPES[data[position]]
        size = rows * columns * dtype.itemsize
        raw = np.frombuffer(data, dtype=np.uint8, count=size, offset=position + 1)
        values = np.ascontiguousarray(raw.reshape(dtype.itemsize, rows * columns).T).view(dtype)
        fields[name] = values.reshape(rows, columns).astype(np.float64)
        position += 1 + size
    return Buckets(seconds=seconds, ends=ends, slos=tuple(ids.split("\n")) if columns else (), **fields)
