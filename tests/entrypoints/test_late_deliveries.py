import pytest
from structlog.testing import capture_logs
from support.outbox import delivery as a_delivery
from support.slack import NOW

from observatory.adapters.memory.clock import ManualClock
from observatory.application.deliver import Round
from observatory.application.vitals import Vitals
from observatory.entrypoints.scheduler import Rounds


@pytest.mark.parametrize(
    ("late", "said"),
    [
        pytest.param([True, True, True], 1, id="late for three rounds"),
        pytest.param([False, True, True], 1, id="late from the second round on"),
        pytest.param([True, False, True], 2, id="late again"),
        pytest.param([False, False], 0, id="never late"),
    ],
)
def test_a_late_delivery_is_told_once_for_as_long_as_it_is_late(late, said):
    delivery = a_delivery()
    answers = iter([Round(undelivered=(delivery,) if is_late else ()) for is_late in late])
    rounds = Rounds(lambda: next(answers), Vitals(), ManualClock(NOW))

    with capture_logs() as logged:
        for _ in late:
            rounds()

    assert [entry["event"] for entry in logged] == ["notification_undelivered"] * said
