"""Every deliberate error: a base for each cause that a caller would treat differently.

ObservatoryError
├── DefinitionError      the squad's mistake: a definition, a query or an argument is wrong; mend it and try again
├── Unavailable          an outside system did not answer; the same request may succeed later
│   └── Ambiguous        the request left us, and nobody knows whether it was carried out
├── Refused              an outside system understood the request and said no; repeating it changes nothing
│   └── RateLimited      it said "not now", and when to come back
└── NotFound             what was asked for does not exist
"""

from datetime import timedelta


class ObservatoryError(Exception):
    """Anything that Observatory raises on purpose."""


class DefinitionError(ObservatoryError):
    """A definition, a query or an argument is wrong."""


class Unavailable(ObservatoryError):  # noqa: N818 - names the cause, as HTTP does
    """An outside system did not answer."""


class Ambiguous(Unavailable):
    """The request left us, and nobody knows whether it was carried out."""


class Refused(ObservatoryError):  # noqa: N818 - names the cause, as HTTP does
    """An outside system understood the request and said no.

    `code` is the other system's own word for it (`channel_not_found`, `422`).
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class RateLimited(Refused):
    """Not now; `retry_after` says when."""

    def __init__(self, message: str, *, code: str, retry_after: timedelta) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class NotFound(ObservatoryError):  # noqa: N818 - names the cause, as HTTP does
    """What was asked for does not exist."""
