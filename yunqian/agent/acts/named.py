"""Acts on a key without regard to its certificates: found by driver, serial and label, never by a guess."""

from yunqian.agent.acts.act import Target
from yunqian.agent.keys.port import KeyAct
from yunqian.agent.keys.ring import Ring
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import NamedKey


async def find(ring: Ring, key: NamedKey, *, max_age_seconds: float = 0.0) -> Target | None:
    """The key of this name. Raises Refused(KEY_AMBIGUOUS) where two share it: cheap devices have one serial."""
    found = [
        held
        for held in await ring.plugged(max_age_seconds=max_age_seconds)
        if (held.key.driver, held.key.serial, held.key.label) == (key.driver, key.serial, key.label)
    ]
    if len(found) > 1:
        raise Refused(Problem.KEY_AMBIGUOUS, serial=key.serial)
    return Target(found[0]) if found else None


def absent(key: NamedKey) -> Refused:
    """The key is told by what stands on it."""
    return Refused(Problem.KEY_NOT_PLUGGED, label=key.label, serial=key.serial)


def check_can(target: Target, act: KeyAct) -> None:
    """Refuse what this key, by its driver, cannot do. Raises Refused(KEY_ACT_UNSUPPORTED)."""
    if act not in target.held.key.acts:
        raise Refused(Problem.KEY_ACT_UNSUPPORTED)
