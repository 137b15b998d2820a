"""Whose turn it is: signers with the same turn sign in parallel, a later turn waits for all earlier ones.

Who gets a copy (抄送) is in no turn: nobody waits for him, and he for nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from yunqian.rules.lifecycle import RecipientState


@dataclass(frozen=True)
class Seat:
    """One recipient as the order of signing sees him."""

    id: str
    turn: int
    state: str
    name: str


def called(seats: Sequence[Seat]) -> tuple[str, ...]:
    """The identifiers of the waiting signers whose turn has now come.

    That is the lowest turn in which somebody has not signed yet. The numbers need not be consecutive.
    """
    pending = [seat for seat in signers(seats) if seat.state != RecipientState.SIGNED]
    if not pending:
        return ()
    current = min(seat.turn for seat in pending)
    return tuple(seat.id for seat in pending if seat.turn == current and seat.state == RecipientState.WAITING)


def waiting_for(seats: Sequence[Seat]) -> tuple[str, ...]:
    """The names of those whose turn it is, in the order of the envelope."""
    return tuple(seat.name for seat in seats if seat.state == RecipientState.READY)


def is_complete(seats: Sequence[Seat]) -> bool:
    """Whether everybody has signed. An envelope without signers is never complete: nobody agreed to it."""
    asked = signers(seats)
    return bool(asked) and all(seat.state == RecipientState.SIGNED for seat in asked)


def signers(seats: Sequence[Seat]) -> tuple[Seat, ...]:
    """Those who are asked to sign."""
    return tuple(seat for seat in seats if seat.state != RecipientState.COPIED)
