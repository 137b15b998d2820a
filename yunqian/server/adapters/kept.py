"""A bounded place in memory for what is costly to make again: drawn pages, documents put together from the vault.

In memory and nowhere else, because it is the content of documents, which lies on no disk unsealed; each server process
has its own. What is kept is no right to it: whoever gives it out has asked for the permit first.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass
class Kept(Generic[Thing]):
    """At most `most_bytes`, each for at most `seconds`; what was asked for least recently goes first."""

    most_bytes: int
    seconds: float
    clock: Callable[[], float] = monotonic
    _things: OrderedDict[Hashable, tuple[float, int, Thing]] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, name: Hashable) -> Thing | None:
        """What was put under this name, or None."""
        with self._lock:
            self._forget_old()
            found = self._things.get(name)
            if found is None:
                return None
            self._things.move_to_end(name)
            return found[2]

    def put(self, name: Hashable, thing: Thing, size: int) -> None:
        """Keep `thing`, which takes `size` bytes; one that is larger than the place is not kept."""
        with self._lock:
            self._drop(name)
            if size > self.most_bytes:
                return
            self._things[name] = (self.clock() + self.seconds, size, thing)
            self._size += size
            while self._size > self.most_bytes:
                self._drop(next(iter(self._things)))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
            self._size = 0

    @property
    def size(self) -> int:
        """How many bytes are kept now."""
        with self._lock:
            self._forget_old()
            return self._size

    def _forget_old(self) -> None:
        now = self.clock()
        for name in [name for name, (end, _, _) in self._things.items() if end <= now]:
            self._drop(name)

    def _drop(self, name: Hashable) -> None:
        found = self._things.pop(name, None)
        if found is not None:
            self._size -= found[1]
