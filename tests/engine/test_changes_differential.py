"""Our comparison of revisions beside pyHanko's default policy, on thousands of generated updates.

`DIFFERENTIAL_PAIRS` in the environment asks for more than the usual number.
"""

import os
import re
from collections import Counter
from collections.abc import Callable

import pytest

from tests.engine.differential import Case, case
from tests.engine.edits import EDITS
from tests.engine.rich_papers import quick
from yunqian.engine.changes import Change
from yunqian.engine.locks import Level

PAIRS = int(os.environ.get("DIFFERENTIAL_PAIRS", "2000"))
_BLAMED = re.compile(r"Update of Reference\(idnum=(\d+),")


def _blames_what_nobody_touched(one: Case) -> bool:
    blamed = _BLAMED.match(one.reason)
    return blamed is not None and int(blamed[1]) not in one.written


def _has(kind: Change) -> Callable[[Case], bool]:
    return lambda one: any(difference.kind is kind for difference in one.differences)


def _did(*names: str) -> Callable[[Case], bool]:
    return lambda one: bool(set(names) & set(one.edits))


def _said(english: str) -> Callable[[Case], bool]:
    return lambda one: any(english in difference.en for difference in one.differences)


WE_ALLOW = {
    # pyHanko looks up when a locked field's appearance was last written, and takes any revision but the signed
    # one for a change: every update then breaks a lock, even one that touches something else.
    "a locked field whose appearance is older than the signature": _blames_what_nobody_touched,
    # EU DSS calls it an extension; Acrobat and iText do it whenever they sign a tagged document.
    "a structure tree that only grows": _has(Change.STRUCTURE),
    # A push button's caption, rotation and date of change are part of its look, as /AP is.
    "a slot filled with its /MK and /M": _did("fill_a_slot_and_its_looks"),
    # The field shows another stream since; nobody shows the one that was overwritten.
    "an appearance overwritten that its field leaves behind": _did("fill_the_text_in_place"),
    # What it finds behind a list that is overwritten depends on the order in which it looks.
    "a list of the security store that grows in place": _did("renew_the_store"),
}
WE_REFUSE = {
    # Whatever it paints was neither signed nor filled: an overlay.
    "an empty signature field with a picture": _said("shows something and holds no signature"),
    # The seal in it belongs to an earlier signature.
    "a filled slot painted again": _said("was painted again"),
    # Appearances of signed fields may draw with it.
    "a font of the form redefined": _said("got another meaning"),
    "a filled slot's stream overwritten": _said("appearance of an earlier signature or seal was replaced"),
    # A slot is filled, never hidden or turned into something else.
    "a slot whose other entries change": _said("seam_right_1.p"),
    # Whether a field is seen on the screen or printed is nothing one fills in.
    "a field hidden, brought to light or no longer printed": lambda one: (
        _did("remove_anything", "change_anything")(one) and _said("changed beyond filling it")(one)
    ),
    # Validation data that was there once may be renewed, but a list of it does not vanish.
    "a list of the security store taken away": _said("security store is not as it should be"),
    "metadata taken away": _said("metadata was replaced"),
    # Nothing honest writes an object stream twice, and what is in it would move with it.
    "a structure stream written again": _said("own structure was rewritten"),
    # Equal today, but every later update would be judged by another object.
    "another object as catalog": _said("another catalog"),
    # It changes what is seen without any new signature.
    "the form's default look under certification P=1": lambda one: (
        one.level is Level.NOTHING and _said("default look")(one)
    ),
}


def _names(one: Case, table: dict[str, Callable[[Case], bool]]) -> list[str]:
    return [name for name, fits in table.items() if fits(one)]


@pytest.mark.timeout(max(120, PAIRS // 5))
def test_every_difference_from_pyhanko_is_named_and_has_a_reason():
    bases = (quick(), quick(is_streamed=True))
    answers: Counter[tuple[bool, bool]] = Counter()
    named: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    unnamed = []
    for seed in range(PAIRS):
        one = case(seed, bases)
        answers[one.ours, one.theirs] += 1
        seen.update(one.edits)
        if one.ours != one.theirs:
            names = _names(one, WE_ALLOW if one.ours else WE_REFUSE)
            named.update(names[:1])
            if not names:
                unnamed.append((one.seed, one.edits, one.level, one.lock, one.differences, one.reason[:300]))
    assert unnamed == []
    assert sum(answers.values()) == PAIRS >= 2000
    assert answers[True, True] > PAIRS * 0.05
    assert answers[False, False] > PAIRS * 0.5
    assert seen.keys() == EDITS.keys()
    assert len(named) >= 5  # the names are no dead letters
