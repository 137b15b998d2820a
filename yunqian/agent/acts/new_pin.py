"""A new PIN, entered twice: what is refused before any key sees it, so that a slip costs no try."""

import hmac

from yunqian.agent import pin as pins
from yunqian.agent.acts.act import Secret, Secrets
from yunqian.agent.pin import Pin
from yunqian.problems import Problem, Refused

MIN_CHARACTERS = 6


def chosen(secrets: Secrets) -> Pin:
    """The new PIN of a sheet that asked for it twice.

    Raises Refused(PIN_EMPTY | NEW_PIN_DIFFERS | NEW_PIN_WEAK); window/page.js says the same before it is sent.
    """
    new, again = secrets[Secret.NEW_PIN], secrets[Secret.NEW_PIN_AGAIN]
    if not 0 < len(new.secret) <= pins.MAX_PIN_BYTES:
        raise Refused(Problem.PIN_EMPTY)
    if not hmac.compare_digest(new.secret, again.secret):
        raise Refused(Problem.NEW_PIN_DIFFERS)
    old = secrets.get(Secret.OLD_PIN)
    is_old = old is not None and hmac.compare_digest(new.secret, old.secret)
    if is_old or _characters(new.secret) < MIN_CHARACTERS or len(set(new.secret)) == 1:
        raise Refused(Problem.NEW_PIN_WEAK, least=MIN_CHARACTERS)
    return new


def _characters(secret: bytearray) -> int:
    """How many characters of UTF-8, without making a text of it."""
    return sum(1 for one in secret if one & 0xC0 != 0x80)
