"""Early warning. See docs/engines/warning.md."""

from yinuo.engines.warning.cancellation import CancellationWeights, cancellation_risk
from yinuo.engines.warning.rates import RateChange, rate_change

__all__ = ["CancellationWeights", "RateChange", "cancellation_risk", "rate_change"]
