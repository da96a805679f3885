"""Bad and total events per SLO and bucket; the history arithmetic: append, roll up, window sums."""

from observatory.measurement.answers import Answer
from observatory.measurement.assembly import Reading, assemble
from observatory.measurement.blending import blended
from observatory.measurement.buckets import FIELDS, Buckets, Measurement, QueryFailure
from observatory.measurement.coverage import Coverage
from observatory.measurement.growth import Growth, read_bounds, read_growth, with_breaks
from observatory.measurement.history import History
from observatory.measurement.hours import Hours
from observatory.measurement.levels import Span
from observatory.measurement.moments import RunningSums
from observatory.measurement.packing import pack, packed_slos, unpack
from observatory.measurement.rollup import rows
from observatory.measurement.selecting import (
    aligned,
    better,
    coarser,
    covered,
    rows_after,
    without,
)
from observatory.measurement.slices import Slices

__all__ = [
    "FIELDS",
    "Answer",
    "Buckets",
    "Coverage",
    "Growth",
    "History",
    "Hours",
    "Measurement",
    "QueryFailure",
    "Reading",
    "RunningSums",
    "Slices",
    "Span",
    "aligned",
    "assemble",
    "better",
    "blended",
    "coarser",
    "covered",
    "pack",
    "packed_slos",
    "read_bounds",
    "read_growth",
    "rows",
    "rows_after",
    "unpack",
    "with_breaks",
    "without",
]
