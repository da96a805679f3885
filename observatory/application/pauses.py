"""How long to wait before another attempt."""

import hashlib
from datetime import timedelta

from observatory.application.delivery import Delivery

LOOK_AGAIN = timedelta(seconds=5)
"""Slack's history may lag behind what was posted."""
TOKEN_REFUSED = timedelta(seconds=60)
FOR_ROOT = timedelta(seconds=2)
BETWEEN_POSTS = timedelta(seconds=1)
"""Slack takes one message a second and channel (docs.slack.dev, "Rate limits"); asking more often only earns 429s."""
_LONGEST = timedelta(seconds=30)


def backoff(delivery: Delivery) -> timedelta:
    """1, 2, 4, … 30 s, of which the upper half is jitter."""
    longest = min(timedelta(seconds=2 ** min(delivery.attempt - 1, 6)), _LONGEST)
    return longest * (0.5 + 0.5 * _fraction(delivery))


def jitter(delivery: Delivery) -> timedelta:
    """Up to a quarter of a second, so that lanes which were told the same don't come back as one."""
    return timedelta(milliseconds=250) * _fraction(delivery)


def _fraction(delivery: Delivery) -> float:
    """0 to 1, the same for the same attempt: spread without chance, so that a test sees what happens."""
    seed = f"{delivery.notification.delivery_id} {delivery.attempt}".encode()
    return int.from_bytes(hashlib.sha256(seed).digest()[:4]) / 2**32
