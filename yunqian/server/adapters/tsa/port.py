"""What every time-stamp authority promises, whoever runs it."""

from typing import Protocol


class TimestampAuthority(Protocol):
    """Attests, with its own clock, that a digest was known to it at a time (RFC 3161)."""

    def stamp(self, imprint: bytes, digest: str) -> bytes:
        """A TimeStampToken in DER over `imprint`, a digest made with `digest` (sha256 or sha384).

        It has been checked: its imprint, its nonce, its own signature and its certificate. Never asked inside
        a transaction. Raises Refused(TIMESTAMP_UNAVAILABLE) when nothing usable came in time, and
        Refused(TIMESTAMP_INVALID) when what came is not right.
        """
        ...
