"""The fields of an interactive form, walked in one way and with one limit by everybody who looks for one.

Unequal walks let a field hide: from the one who checks, behind those that the one who draws still sees.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf

from yunqian.problems import Problem, Refused

MAX_FIELDS = 50_000
MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class FormField:
    """One node of the form's tree, with what it inherits (ISO 32000-2 §12.7.4.1).

    `kind` is /FT as "/Sig", "/Tx" …, empty where nobody names one; `value` is /V. `is_terminal`: no field with a
    name of its own stands below. `is_widget`: it is only how the terminal field above it is seen.
    """

    name: str
    node: pikepdf.Object
    kind: str
    value: pikepdf.Object | None
    is_terminal: bool
    is_widget: bool


@dataclass(frozen=True, slots=True)
class _Above:
    name: str = ""
    kind: str = ""
    value: pikepdf.Object | None = None
    is_typed_terminal: bool = False
    depth: int = -1


def walk(pdf: pikepdf.Pdf) -> Iterator[FormField]:
    """Every node in the order of the form. A node that is no dictionary, or lies too deep, is passed over.

    Raises Refused(DOCUMENT_BROKEN) for more fields than anybody looks through, so that none can hide behind them.
    """
    form = pdf.Root.get("/AcroForm")
    top = _listed(form, "/Fields") if isinstance(form, pikepdf.Dictionary) else []
    waiting = [(node, _Above()) for node in reversed(top)]
    count = 0
    while waiting:
        node, above = waiting.pop()
        count += 1
        if count > MAX_FIELDS:
            raise Refused(Problem.DOCUMENT_BROKEN)
        depth = above.depth + 1
        if not isinstance(node, pikepdf.Dictionary) or depth > MAX_DEPTH:
            continue
        below = _listed(node, "/Kids")
        found = _read(node, above, below)
        yield found
        inherited = _Above(found.name, found.kind, found.value, found.is_terminal and bool(found.kind), depth)
        waiting += [(kid, inherited) for kid in reversed(below)]


def _read(node: pikepdf.Object, above: _Above, below: list[pikepdf.Object]) -> FormField:
    own, kind = node.get("/T"), node.get("/FT")
    is_named = isinstance(own, pikepdf.String)
    return FormField(
        name=".".join(part for part in (above.name, str(own) if is_named else "") if part),
        node=node,
        kind=str(kind) if isinstance(kind, pikepdf.Name) else above.kind,
        value=node.get("/V", above.value),
        is_terminal=not any(isinstance(kid, pikepdf.Dictionary) and "/T" in kid for kid in below),
        is_widget=above.is_typed_terminal,
    )


def _listed(thing: pikepdf.Object, key: str) -> list[pikepdf.Object]:
    listed = thing.get(key)
    return list(listed) if isinstance(listed, pikepdf.Array) else []
