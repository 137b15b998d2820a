"""What stands between preparing and embedding: plain values that survive a network and a night."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

_VERSION = 2


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pinned revision that lacks only its signature value.

    The revision is the base (`base_size` bytes with this SHA-256) followed by `tail`, which has a SHA-256 too;
    `digest` is the suite's, over both without the gap. `gap_start` and `gap_end` are offsets in that whole
    revision, angle brackets of /Contents included (ISO 32000-2 §12.8.1).
    `signed_attributes` are the exact bytes to sign; they are kept, never rebuilt. `base` is the very object that
    was prepared, as long as it is at hand: it does not travel.
    """

    base_size: int
    base_sha256: str
    tail: bytes = field(repr=False)
    tail_sha256: str
    gap_start: int
    gap_end: int
    digest: bytes
    signed_attributes: bytes = field(repr=False)
    suite: Suite
    base: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def size(self) -> int:
        """Bytes of the revision to come."""
        return self.base_size + len(self.tail)

    @property
    def reserved_bytes(self) -> int:
        """How many bytes of CMS fit into the gap."""
        return (self.gap_end - self.gap_start - 2) // 2

    def to_json(self) -> str:
        """Everything but the tail, which travels beside, as JSON text."""
        return json.dumps(
            {
                "version": _VERSION,
                "base_size": self.base_size,
                "base_sha256": self.base_sha256,
                "tail_sha256": self.tail_sha256,
                "gap_start": self.gap_start,
                "gap_end": self.gap_end,
                "digest": self.digest.hex(),
                "signed_attributes": b64encode(self.signed_attributes).decode("ascii"),
                "suite": self.suite.name,
            }
        )

    @classmethod
    def from_json(cls, text: str, tail: bytes) -> "Prepared":
        """Join the JSON with its tail again.

        Raises Refused(ORDER_EXPIRED) for text of another version: it has to be prepared again.
        """
        stored = json.loads(text)
        if stored.pop("version", None) != _VERSION:
            raise Refused(Problem.ORDER_EXPIRED)
        return cls(
            base_size=stored["base_size"],
            base_sha256=stored["base_sha256"],
            tail=tail,
            tail_sha256=stored["tail_sha256"],
            gap_start=stored["gap_start"],
            gap_end=stored["gap_end"],
            digest=bytes.fromhex(stored["digest"]),
            signed_attributes=b64decode(stored["signed_attributes"]),
            suite=Suite[stored["suite"]],
        )
