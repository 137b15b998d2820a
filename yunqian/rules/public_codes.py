"""查验码: the code that names an envelope to everybody who holds a print of it, as it is written and read.

Sixteen characters of Crockford's base 32 are 80 bits: nobody finds one by trying. The alphabet has neither I, L, O nor
U; who types I or L for 1, or O for 0, is understood.
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BYTES = 10
LENGTH = 16
_GROUP = 4
_MISREAD = str.maketrans("ILO", "110", " -—–‐·\u3000")


def of(random: bytes) -> str:
    """The code of ten random bytes, as it is stored: without hyphens."""
    number = int.from_bytes(random[:RANDOM_BYTES], "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def grouped(code: str) -> str:
    """The code as people read it: `7K2M-…`, in groups of four."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def read(text: str) -> str | None:
    """The code that a person typed or a link holds, or None for what is none."""
    code = text[:60].upper().translate(_MISREAD)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None
