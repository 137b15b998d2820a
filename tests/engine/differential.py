"""The same update judged by us and by pyHanko's default policy, thousands of times."""

import io
import logging
import random
from dataclasses import dataclass

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

from tests.engine.drafts import Draft
from tests.engine.edits import EDITS
from yunqian.engine.changes import Change, Comparisons, Difference, Store
from yunqian.engine.locks import FieldLock, Level, Permissions

_HARMLESS = frozenset(Change) - {Change.ANNOTATION, Change.UNDEFINED, Change.PAGE}
LEVELS = (None, None, None, Level.FILLING, Level.NOTHING)
LOCKS = (
    None,
    None,
    None,
    ("All", ()),
    ("Include", ("text", "seam_right_1")),
    ("Exclude", ("text", "waiting")),
)


@dataclass(frozen=True)
class Case:
    """One update: what was done, under which rules, and the two answers."""

    seed: int
    edits: tuple[str, ...]
    level: Level | None
    lock: tuple[str, tuple[str, ...]] | None
    ours: bool
    theirs: bool
    differences: tuple[Difference, ...]
    reason: str
    written: frozenset[int]  # numbers of the objects that changed


def case(seed: int, bases: tuple[bytes, ...]) -> Case:
    """One generated case, the same for the same seed."""
    chance = random.Random(seed)
    base = chance.choice(bases)
    count = chance.choice([1, 1, 1, 2, 3])
    names = tuple(chance.sample(sorted(EDITS), count))
    level, lock = chance.choice(LEVELS), chance.choice(LOCKS)
    draft = Draft(base)
    done = []
    for name in names:
        try:
            EDITS[name](draft, chance)
        except (KeyError, TypeError, AttributeError, IndexError, AssertionError, ValueError):
            continue  # an edit before it took away what this one needs; what it did so far stays
        finally:
            done.append(name)
    document = draft.document_after()
    differences = Comparisons(Store(document)).made_by(len(draft.store.layers) + 1)
    theirs, reason = _pyhanko(document, len(draft.store.layers) - 1, level, lock)
    return Case(
        seed,
        tuple(done),
        level,
        lock,
        _ours(differences, level, lock),
        theirs,
        differences,
        reason,
        _changed(draft),
    )


def _changed(draft: Draft) -> frozenset[int]:
    return frozenset(number for number, value in draft.objects.items() if value != draft.state.value(number))


def _ours(
    differences: tuple[Difference, ...], level: Level | None, lock: tuple[str, tuple[str, ...]] | None
) -> bool:
    locks = () if lock is None else (FieldLock("/" + lock[0], lock[1]),)
    permissions = Permissions(level, locks)
    return all(one.kind in _HARMLESS and permissions.violation(one) is None for one in differences)


def _pyhanko(
    document: bytes, base: int, level: Level | None, lock: tuple[str, tuple[str, ...]] | None
) -> tuple[bool, str]:
    spec = None if lock is None else FieldMDPSpec(FieldMDPAction("/" + lock[0]), list(lock[1]))
    permission = None if level is None else MDPPerm(int(level))
    logging.disable(logging.CRITICAL)
    try:
        reader = PdfFileReader(io.BytesIO(document))
        found = DEFAULT_DIFF_POLICY.review_file(reader, base, field_mdp_spec=spec, doc_mdp=permission)
    except Exception as error:  # noqa: BLE001  what it cannot read it does not allow
        return False, f"{type(error).__name__}: {error}"
    finally:
        logging.disable(logging.NOTSET)
    if isinstance(found, SuspiciousModification):
        return False, str(found)
    most = ModificationLevel.LTA_UPDATES if level is Level.NOTHING else ModificationLevel.FORM_FILLING
    return found.modification_level <= most, found.modification_level.name
