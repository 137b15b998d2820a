"""Unlocking a key by the certificate authority's desk (manual 6.5): asked, decided, released once, done.

What opens the key comes from the authority's own system, sealed to the client that asked; the platform carries it
and can neither read it nor put another client in its place: the desk compares a code made of key and client.
"""

import base64
import binascii

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import UnlockEvent
from yunqian.rules.lifecycle import UnlockState as State
from yunqian.server import scope
from yunqian.server.access import keycare as permits
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, keyorders, refusals_recorded
from yunqian.server.adapters import desk
from yunqian.server.queries import keycare as reading
from yunqian.server.queries import query
from yunqian.server.records.base import advance
from yunqian.server.records.models import Unlock
from yunqian.wire import keycare
from yunqian.wire.key_orders import UnlockRequest, UnlockResult, unlock_code

MOST_IN_A_DAY = 5
PUBLIC_KEY_BYTES = 32
_OPEN = (State.ASKED, State.APPROVED, State.RELEASED)


@action("unlock.asked")
def ask(actor: Actor, *, request: UnlockRequest, reason: str, origin: str) -> Done[keycare.Unlock]:
    """Ask the desk. An earlier request for the same key is withdrawn: its client has forgotten it, or will.

    Raises Refused(UNLOCK_CODE_NOT_OF_KEY or KEYCARE_TOO_OFTEN), or CONFIG_INSECURE where no desk is connected.
    """
    desk.current()  # nobody shall read out a code to a desk that is not there
    public_key = _public_key(request)
    keyorders.require_seldom(actor, Unlock, most=MOST_IN_A_DAY)
    columns = keyorders.of_key(actor, request.key)
    for earlier in Unlock.objects.select_for_update().filter(**columns, state__in=_OPEN):
        advance(earlier, UnlockEvent.WITHDRAW)
        _forget(earlier)
    row = Unlock.objects.create(public_key=public_key, code=request.code, reason=reason, **columns)
    return Done(reading.unlock(actor, row, origin=origin), _trace(row))


def _public_key(request: UnlockRequest) -> bytes:
    try:
        public_key = base64.b64decode(request.public_key, validate=True)
    except binascii.Error:
        public_key = b""
    if len(public_key) != PUBLIC_KEY_BYTES or unlock_code(request.key, public_key) != request.code:
        raise Refused(Problem.UNLOCK_CODE_NOT_OF_KEY)
    return public_key


@action("unlock.withdrawn")
def withdraw(actor: Actor, *, unlock_id: str, origin: str) -> Done[keycare.Unlock]:
    """Take a request back."""
    row = permits.unlock(actor, unlock_id, is_locking=True).unlock
    advance(row, UnlockEvent.WITHDRAW)
    _forget(row)
    return Done(reading.unlock(actor, row, origin=origin), _trace(row))


@refusals_recorded("unlock.refused")
def approve(asking: Asking, *, unlock_id: str, code: str) -> keycare.DeskUnlock:
    """The desk has compared the code with what the person told.

    Raises Refused(DESK_NOT_GRANTED, UNLOCK_NOT_FOUND, UNLOCK_OF_ONES_OWN, TRANSITION_NOT_ALLOWED), and
    Refused(UNLOCK_CODE_WRONG or UNLOCK_CLOSED), which count.
    """
    is_right, tries_left = _approve(asking, unlock_id=unlock_id, code=code)
    if is_right:
        return reading.clerk_view(asking, unlock_id=unlock_id)
    if tries_left:
        raise Refused(Problem.UNLOCK_CODE_WRONG, tries_left=tries_left)
    raise Refused(Problem.UNLOCK_CLOSED)


@action("unlock.code_compared")
def _approve(actor: Actor, *, unlock_id: str, code: str) -> Done[tuple[bool, int]]:
    """Whether the code was right, and how many tries are left; a wrong one is written down before it is told."""
    granted = permits.at_desk(actor, unlock_id)
    row = granted.unlock
    with scope.switched(granted):
        if row.state != State.ASKED:
            raise Refused(Problem.TRANSITION_NOT_ALLOWED, state=row.state, event=UnlockEvent.APPROVE)
        is_right = code == row.code
        if is_right:
            _decide(actor, row, UnlockEvent.APPROVE, "")
        else:
            row.tries_left -= 1
            row.save(update_fields=["tries_left"])
            if not row.tries_left:
                _decide(actor, row, UnlockEvent.CLOSE, "")
    return Done((is_right, row.tries_left), _trace(row, is_right=is_right))


@refusals_recorded("unlock.refused")
def refuse(asking: Asking, *, unlock_id: str, reason: str) -> keycare.DeskUnlock:
    """The desk says no, and why."""
    _refuse(asking, unlock_id=unlock_id, reason=reason)
    return reading.clerk_view(asking, unlock_id=unlock_id)


@action("unlock.declined")
def _refuse(actor: Actor, *, unlock_id: str, reason: str) -> Done[None]:
    granted = permits.at_desk(actor, unlock_id)
    with scope.switched(granted):
        _decide(actor, granted.unlock, UnlockEvent.REFUSE, reason)
    return Done(None, _trace(granted.unlock))


def _decide(actor: Actor, row: Unlock, event: UnlockEvent, reason: str) -> None:
    advance(row, event)
    row.decided_by_id = actor.person_id
    row.decided_by_name = actor.name
    row.decided_at = timezone.now()
    row.decision = reason
    row.save(update_fields=["decided_by", "decided_by_name", "decided_at", "decision"])


def release(asking: Asking, *, unlock_id: str, origin: str) -> keycare.Unlock:
    """The order that unlocks. The authority's system is asked once; later a fresh order carries the same box.

    Raises Refused(UNLOCK_NOT_FOUND, TRANSITION_NOT_ALLOWED, UNLOCK_APPROVAL_OVER, DESK_UNAVAILABLE or
    DESK_KEY_UNKNOWN).
    """
    row = _releasable(asking, unlock_id=unlock_id)
    sealed = None
    if row.state == State.APPROVED:
        sealed = desk.current().release(reading.named(row), bytes(row.public_key), code=row.code)
    return _released(asking, unlock_id=unlock_id, sealed=sealed, origin=origin)


@query
def _releasable(actor: Actor, *, unlock_id: str) -> Unlock:
    row = permits.unlock(actor, unlock_id).unlock
    _require_releasable(row)
    return row


def _require_releasable(row: Unlock) -> None:
    if row.state not in (State.APPROVED, State.RELEASED):
        raise Refused(Problem.TRANSITION_NOT_ALLOWED, state=row.state, event=UnlockEvent.RELEASE)
    if row.decided_at is None or timezone.now() > row.decided_at + reading.APPROVAL_LASTS:
        raise Refused(Problem.UNLOCK_APPROVAL_OVER)


@action("unlock.released")
def _released(actor: Actor, *, unlock_id: str, sealed: bytes | None, origin: str) -> Done[keycare.Unlock]:
    """Of two releases at the same moment the first box stays, and both answers carry it."""
    row = permits.unlock(actor, unlock_id, is_locking=True).unlock
    _require_releasable(row)
    if row.state == State.APPROVED:
        if sealed is None:
            raise Refused(Problem.TRANSITION_NOT_ALLOWED, state=row.state, event=UnlockEvent.RELEASE)
        advance(row, UnlockEvent.RELEASE)
        row.sealed = sealed
    keyorders.renew(row, at=timezone.now())
    row.save(update_fields=["sealed", "nonce", "issued_at", "expires_at"])
    return Done(reading.unlock(actor, row, origin=origin), _trace(row))


@action("unlock.done")
def finish(actor: Actor, *, unlock_id: str, result: UnlockResult, origin: str) -> Done[keycare.Unlock]:
    """The key has a new PIN. Telling it again changes nothing."""
    row = permits.unlock(actor, unlock_id, is_locking=True).unlock
    keyorders.require_order(row, result.order_id)
    if row.state == State.DONE:
        return Done(reading.unlock(actor, row, origin=origin), None)
    advance(row, UnlockEvent.FINISH)
    _forget(row)
    return Done(reading.unlock(actor, row, origin=origin), _trace(row))


def _forget(row: Unlock) -> None:
    """The box has served; nobody needs even its ciphertext."""
    row.sealed = None
    row.save(update_fields=["sealed"])


def _trace(row: Unlock, *, is_right: bool | None = None) -> Trace:
    facts = {"unlock_id": str(row.id), "serial": row.key_serial, "state": str(row.state)}
    if is_right is not None:
        facts["code"] = "right" if is_right else "wrong"
    return Trace(scope.Pass(row.tenant_id), None, facts)
