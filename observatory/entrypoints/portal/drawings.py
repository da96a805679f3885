"""Charts that were drawn already: a drawing costs about 70 ms, and a page asks for the same one until the next tick."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from observatory.evaluation import BudgetPoint
from observatory.outputs.charts import Scheme, burn_down_svg

SIZES = {"wide": (600, 240), "narrow": (340, 210)}
"""Name: width and height in CSS pixels."""
_KEPT = 256


class Drawings:
    """The newest drawings, each by SLO, moment, scheme and size; the longest unused goes first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._drawn: OrderedDict[tuple[str, datetime | None, Scheme, str], str] = OrderedDict()

    def burn_down(
        self,
        slo: str,
        points: Sequence[BudgetPoint],
        *,
        at: datetime | None,
        ends: datetime | None,
        scheme: Scheme,
        size: str,
    ) -> str:
        """The SVG; two who ask at once wait for one drawing (the renderer draws one at a time anyway)."""
        key = (slo, at, scheme, size)
        with self._lock:
            if key not in self._drawn:
                width, height = SIZES[size]
                self._drawn[key] = burn_down_svg(points, ends=ends, scheme=scheme, width=width, height=height)
            self._drawn.move_to_end(key)
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
            return self._drawn[key]
