"""How each SLO's errors usually come, one by one or in clumps: learnt once an hour, not at every tick."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from observatory.application.recorder import Recorder
from observatory.application.steps import HOUR
from observatory.catalog import ServiceSlo
from observatory.evaluation import LEARNT_FROM, LEFT_OUT, Dispersions, usual_dispersion
from observatory.measurement import History

_PART = 24
"""Hours that are looked at together: memory stays small."""


@dataclass(slots=True)
class Clumps:
    """Call it at every tick; it learns anew with every hour, and when more of the past is known."""

    recorder: Recorder
    _learnt: tuple[tuple[int, int], Dispersions] | None = field(default=None, init=False)
    """When, in hours and as the recorder counts changes of the past; and what."""

    def __call__(self, entries: Sequence[ServiceSlo], *, at: int) -> Dispersions:
        """φ by column: of the history alone, so that whoever replays it finds the same.

        Args:
            entries: the SLOs; all are in the history.
            at: the end of the newest tick, Unix seconds.
        """
        until = at // HOUR * HOUR
        now = (until, self.recorder.rewritten)
        if self._learnt is None or self._learnt[0] != now:
            self._learnt = now, learn(entries, self.recorder.history, tick=self.recorder.tick, until=until)
        return self._learnt[1]


def learn(entries: Sequence[ServiceSlo], history: History, *, tick: int, until: int) -> Dispersions:
    """φ by column, from the weeks that end some hours before `until`, a boundary of hours."""
    last = until - LEFT_OUT * HOUR
    ends = np.arange(last - (LEARNT_FROM - 1) * HOUR, last + 1, HOUR, dtype=np.int64)
    columns = [entry.column for entry in entries]
    parts = (history.held(columns, seconds=HOUR, ends=part) for part in np.split(ends, LEARNT_FROM // _PART))
    return usual_dispersion(entries, parts, tick=tick)
