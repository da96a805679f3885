"""Bad and total events per SLO and bucket; the history arithmetic: append, roll up, window sums."""

from observatory.measurement.buckets import FIELDS, Buckets, Measurement, QueryFailure
from observatory.measurement.packing import pack, unpack

__all__ = ["FIELDS", "Buckets", "Measurement", "QueryFailure", "pack", "unpack"]
