"""Is it chance? Exact binomial tails, and how far errors come in clumps."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc

Floats = NDArray[np.float64]


def binomial_tail(bad: Floats, total: Floats, ratio: Floats) -> Floats:
    """P[X ≥ bad], X binomial over `total` events that are bad with probability `ratio` each.

    The regularised incomplete beta function I_ratio(bad, total - bad + 1), which is the binomial's own tail at whole
    numbers and joins them smoothly, so that counts divided by a dispersion need no rounding (DLMF 8.17.5).

    Args:
        bad: (N,) above 0; more than `total` counts as `total`.
        total: (N,) events.
        ratio: (N,) 0 to 1.
    """
    seen = np.minimum(bad, total)
    return np.asarray(betainc(seen, total - seen + 1, np.clip(ratio, 0, 1)), dtype=np.float64)


def dispersion(quiet: pd.DataFrame, *, tick: float) -> pd.Series:
    """φ ≥ 1 of each SLO: Pearson's χ² over its degrees of freedom, from the ticks of a quiet span.

    χ² = Σ (b - n·p)² / (n·p·(1 - p)) = (Σb²/n - 2·p·Σb + p²·Σn) / (p·(1 - p)), p = Σb/Σn, over ticks with n events of
    which b are bad. Retries and one unlucky user make errors come in clumps: φ = 10 means that ten bad events say as
    much as one independent one.

    Args:
        quiet: one row an SLO; columns bad, total, measured (seconds) and clumping (Σb²/n) as in
            `observatory.measurement.FIELDS`, summed over time in which nothing burned.
        tick: seconds between the counts that `clumping` was summed over.

    Returns:
        Under the index of `quiet`; 1 where there is nothing to learn from.
    """
    bad, total = quiet["bad"], quiet["total"]
    degrees = quiet["measured"] / tick - 1
    ratio = bad / total
    squares = quiet["clumping"] - 2 * ratio * bad + ratio**2 * total
    learnt = (total > 0) & (ratio > 0) & (ratio < 1) & (degrees >= 1)
    phi = (squares / (ratio * (1 - ratio)) / degrees).where(learnt, 1.0)
    return phi.clip(lower=1.0).rename("dispersion")
