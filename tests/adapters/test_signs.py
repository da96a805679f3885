"""What every `Signs` keeps: in memory, SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from observatory.adapters.memory.signs import MemorySigns
from observatory.adapters.sql import SqlSigns

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def signs(store_engine):
    return MemorySigns() if store_engine is None else SqlSigns(store_engine)


def test_nobody_is_expected_who_was_never_heard(signs):
    assert signs.heard() == {}


def test_the_latest_sign_of_each_counts_in_whatever_order_they_come(signs):
    for seconds in (0, 60, 30):
        signs.hear("paris", at=NOW + timedelta(seconds=seconds))
    signs.hear("oslo", at=NOW)

    assert signs.heard() == {"oslo": NOW, "paris": NOW + timedelta(seconds=60)}


def test_who_is_forgotten_is_expected_no_more_until_heard_again(signs):
    signs.hear("paris", at=NOW)

    assert (signs.forget("paris"), signs.forget("paris"), signs.heard()) == (True, False, {})
    signs.hear("paris", at=NOW - timedelta(hours=1))
    assert signs.heard() == {"paris": NOW - timedelta(hours=1)}
