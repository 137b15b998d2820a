"""Times of one piece of work, told by median and quartiles: on a shared machine the mean tells about the others."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Timed:
    """How long one thing took, in milliseconds, over many rounds."""

    name: str
    milliseconds: list[float] = field(default_factory=list)

    def run(self, work: Callable[[], T]) -> T:
        """Do the work once and note how long it took on the wall."""
        began = time.perf_counter_ns()
        result = work()
        self.milliseconds.append((time.perf_counter_ns() - began) / 1e6)
        return result

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        first, _, third = statistics.quantiles(self.milliseconds, n=4)
        return first, third

    @property
    def spread(self) -> str:
        """The middle half, as the table shows it."""
        first, third = self.quartiles
        return f"{first:.1f} – {third:.1f}"
