"""One walk through a document that finds everything intake looks at; no depth, no loop, no count defeats it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pikepdf

from yunqian.problems import Problem, Refused

_MOST = 3_000_000  # containers; a document of 2000 dense pages has a tenth of it

Pair = tuple[str, pikepdf.Object]


@dataclass(slots=True)
class Survey:
    """What a document holds. `dictionaries` are all of them, the dictionaries of streams too."""

    dictionaries: list[pikepdf.Object] = field(default_factory=list)
    streams: list[pikepdf.Object] = field(default_factory=list)
    images: list[pikepdf.Object] = field(default_factory=list)


def of(pdf: pikepdf.Pdf, *, is_everything: bool) -> Survey:
    """Survey what can be reached from the trailer, or every object where nothing will be left out later.

    Raises Refused(INTAKE_TIMEOUT) for a document with more parts than any honest one has.
    """
    found = Survey()
    waiting: list[pikepdf.Object] = [pdf.trailer]
    if is_everything:
        waiting += _containers(pdf.objects)
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        thing = waiting.pop()
        if thing.is_indirect:
            if thing.objgen in seen:
                continue
            seen.add(thing.objgen)
        count += 1
        if count > _MOST:
            raise Refused(Problem.INTAKE_TIMEOUT)
        waiting += _containers(_noted(thing, found))
    return found


def _noted(thing: pikepdf.Object, found: Survey) -> Iterable[object]:
    """Keep a container in the survey and give what lies in it."""
    if isinstance(thing, pikepdf.Stream):
        found.streams.append(thing)
        if name(thing, "/Subtype") == "/Image":
            found.images.append(thing)
        inner = thing.stream_dict
        found.dictionaries.append(inner)
        return inner.values()
    if isinstance(thing, pikepdf.Dictionary):
        found.dictionaries.append(thing)
        return thing.values()
    return thing if isinstance(thing, pikepdf.Array) else ()


def _containers(inside: Iterable[object]) -> Iterator[pikepdf.Object]:
    return (one for one in inside if isinstance(one, (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)))


def name(thing: pikepdf.Object, key: str) -> str:
    """A name as text; a stranger's names are bytes in any encoding (GBK, say)."""
    value = thing.get(key)
    return value.unparse().decode("latin-1") if isinstance(value, pikepdf.Name) else ""


def is_named(thing: object, key: str, wanted: str) -> bool:
    """Whether anything at all is a dictionary with this name under this key."""
    return isinstance(thing, pikepdf.Dictionary) and name(thing, key) == wanted


def entries(thing: object, key: str) -> pikepdf.Object | None:
    """The dictionary under a key of a dictionary; None where anything else stands there."""
    value = thing.get(key) if isinstance(thing, pikepdf.Dictionary) else None
    return value if isinstance(value, pikepdf.Dictionary) else None
