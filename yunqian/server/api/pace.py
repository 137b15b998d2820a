"""How often one address may ask for what costs a signature, counted in each server process by itself."""

import math
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from yunqian.problems import Problem, Refused

MOST_ADDRESSES = 10_000  # remembered at once; beyond it the one that has asked least recently is forgotten


@dataclass
class Pace:
    """At most `most` requests of an address in any `seconds`; with n processes, up to n times as many."""

    most: int
    seconds: float
    clock: Callable[[], float] = monotonic
    _asked: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def require(self, address: str) -> None:
        """Count a request. Raises Refused(REQUESTS_TOO_MANY), which is not counted, for one too many."""
        now = self.clock()
        with self._lock:
            times = self._asked.setdefault(address, deque())
            self._asked.move_to_end(address)
            if len(self._asked) > MOST_ADDRESSES:
                self._asked.popitem(last=False)
            while times and times[0] <= now - self.seconds:
                times.popleft()
            if len(times) >= self.most:
                left = math.ceil(times[0] + self.seconds - now)
                raise Refused(Problem.REQUESTS_TOO_MANY, seconds=max(1, left))
            times.append(now)
