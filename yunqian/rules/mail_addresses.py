"""Addresses for mail: read, checked, written in one way, and masked (RFC 5321 §4.1.2, the part that people have).

A refusal never carries what it refuses: addresses stay out of logs.
"""

import re
import unicodedata

from yunqian.problems import Problem, Refused

LONGEST = 254
_LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)


def address(text: str) -> str:
    """An address, full-width letters folded and the domain in lower case. Raises Refused(MAIL_ADDRESS_INVALID).

    Quoted local parts, addresses of machines and domains in other scripts are none here.
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    local, _, domain = folded.rpartition("@")
    labels = domain.lower().split(".")
    is_right = (
        len(folded) <= LONGEST
        and len(local) <= _LONGEST_LOCAL
        and _LOCAL.fullmatch(local)
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
    if not is_right:
        raise Refused(Problem.MAIL_ADDRESS_INVALID)
    return f"{local}@{domain.lower()}"


def masked(known: str) -> str:
    """The first letter and the domain: enough to know one's own again."""
    local, _, domain = known.rpartition("@")
    return f"{local[:1]}***@{domain}"
