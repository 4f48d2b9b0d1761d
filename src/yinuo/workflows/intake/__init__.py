"""What other systems send us, by file and by HTTP: checked whole, recorded once, applied later.

`run_feed` is the one way in. Each feed has a file of its own with its fields and its rules.
"""

from yinuo.workflows.intake.report import Report
from yinuo.workflows.intake.run import FEEDS, run_feed

__all__ = ["FEEDS", "Report", "run_feed"]
