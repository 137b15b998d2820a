"""The objects on a key: found by class with a bound on their number, read attribute by attribute."""

import struct
from contextlib import closing
from itertools import islice
from typing import Any

from pkcs11 import Attribute, ObjectClass, Session
from pkcs11 import exceptions as trouble

MAX_OBJECTS = 64
_GONE = (
    trouble.DeviceRemoved,
    trouble.DeviceError,
    trouble.TokenNotPresent,
    trouble.SessionHandleInvalid,
    trouble.SessionClosed,
)


def of_class(session: Session, kind: ObjectClass, **more: Any) -> list[Any]:
    """The first `MAX_OBJECTS` objects of a class that lie on the key itself, in the key's order.

    `more` narrows the search by attributes (by their names in lower case). A list, because the search dies with
    its session.
    """
    wanted: dict[Attribute, Any] = {Attribute.CLASS: kind, Attribute.TOKEN: True}
    wanted |= {Attribute[name.upper()]: value for name, value in more.items()}
    search: Any = session.get_objects(wanted)  # a generator: closing it ends the search in the module
    with closing(search) as found:
        return list(islice(found, MAX_OBJECTS))


def read(one: Any, which: Attribute, default: Any) -> Any:
    """An attribute, or `default` where the object has none that can be read.

    Raises PKCS11Error only where the key itself is gone: modules answer for an attribute that an object does not
    have with codes of every kind, and a value may be no text or no number that the binding knows.
    """
    try:
        return one[which]
    except _GONE:
        raise
    except (trouble.PKCS11Error, ValueError, KeyError, struct.error):
        return default


def octets(one: Any, which: Attribute) -> bytes:
    """An attribute as bytes; empty where it cannot be read."""
    return bytes(read(one, which, b""))
