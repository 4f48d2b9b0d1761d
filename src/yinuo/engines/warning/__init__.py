"""Early warning. See docs/engines/warning.md."""

from yinuo.engines.warning.cancellation import CancellationWeights, cancellation_risk

__all__ = ["CancellationWeights", "cancellation_risk"]
