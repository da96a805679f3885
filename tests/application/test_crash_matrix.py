"""A sample of the crash matrix; `benchmarks/crash_matrix.py` runs all of it."""

import pytest
from support.crash_matrix import cases, run
from support.crashing import Point

from observatory.alerting import NotificationKind
from observatory.sandbox.slack import running

SAMPLE = {
    (NotificationKind.ROOT, "429", Point.CLAIMED_AGAIN),
    (NotificationKind.ROOT, "500, but done", Point.SENDING_AFTER),
    (NotificationKind.ROOT, "dropped, but done", Point.TAKEN_UP),
    (NotificationKind.ROOT, "dropped, not done", Point.LOOKED_FOR),
    (NotificationKind.ROOT, "is_archived", Point.SETTLED),
    (NotificationKind.ROOT, "invalid_auth", Point.SENDING_BEFORE),
    (NotificationKind.ROOT, "database locked", Point.SENDING_AFTER),
    (NotificationKind.ROOT, "dropped, but done; history: missing_scope", Point.LOOKED_FOR),
    (NotificationKind.UPDATE, "root deleted", Point.SETTLED),
    (NotificationKind.UPDATE, "channel_not_found", Point.CLAIMED_AGAIN),
    (NotificationKind.REPLY, "root deleted", Point.SETTLED),
    (NotificationKind.REPLY, "half an answer", Point.PENDING),
}


@pytest.mark.slow
def test_killed_anywhere_under_any_fault_people_are_told_once_or_it_says_perhaps(tmp_path):
    chosen = [one for one in cases() if (one.kind, one.trouble.name, one.point) in SAMPLE]
    assert len(chosen) == len(SAMPLE)
    with running(channels={"C0NONE0000": "none"}, pace=None) as slack:
        verdicts = list(run(chosen, slack, tmp_path / "cases"))
    assert [str(one.case) for one in verdicts if not one.reached] == []
    assert [(str(one.case), one.seen, one.labelled) for one in verdicts if not one.good] == []
