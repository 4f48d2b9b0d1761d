"""An invented maker of made-to-order cars whose ramp follows published figures."""

from yinuo.engines.twin.maker import Maker, make_maker
from yinuo.engines.twin.parameters import CarLine, TwinParameters
from yinuo.engines.twin.ramp import daily_output

__all__ = ["CarLine", "Maker", "TwinParameters", "daily_output", "make_maker"]
