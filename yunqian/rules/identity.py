"""What identifies people and organizations: read, checked, written in one way, and masked.

ID numbers by GB 11643-1999 (check digit by ISO 7064 MOD 11-2), unified social credit codes by GB 32100-2015 (MOD 31-3).
A refusal never carries what it refuses: these values stay out of logs.
"""

import re
import unicodedata
from datetime import date

from yunqian.problems import Problem, Refused

OLDEST_YEARS = 130
NAME_LONGEST = 50
ORGANIZATION_LONGEST = 100
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
# The first two digits of GB/T 2260: provinces, and the three of residents from Taiwan, Hong Kong and Macao (GB 11643
# with the residence permits of 2018), and 91 of foreigners with a permanent residence of the 2023 form.
_PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")
_USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_DOTS = dict.fromkeys(map(ord, "·•‧∙⋅・･．●᛫"), "·")
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LATIN_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .'’-](?=[^\W\d_])|\.$)*")
_HAN_NAME = re.compile(r"[^\W\d_]+(?:·[^\W\d_]+)*")


def id_number(text: str, *, today: date) -> str:
    """A resident's ID number, 18 characters, its X upper-cased. Raises Refused(ID_NUMBER_INVALID).

    `today` is the date in China; a birth after it or more than 130 years before it is none.
    """
    number = _folded(text).upper()
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII) or not _PROVINCES.match(number):
        raise Refused(Problem.ID_NUMBER_INVALID)
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise Refused(Problem.ID_NUMBER_INVALID) from None
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number, strict=False))
    is_plausible = born <= today and today.year - born.year <= OLDEST_YEARS
    if not is_plausible or _ID_CHECKS[total % 11] != number[17]:
        raise Refused(Problem.ID_NUMBER_INVALID)
    return number


def mobile(text: str) -> str:
    """A mainland mobile number, 11 digits, without its country code. Raises Refused(MOBILE_INVALID)."""
    number = re.sub(r"^(?:\+|00)86", "", _folded(text))
    if not _MOBILE.fullmatch(number):
        raise Refused(Problem.MOBILE_INVALID)
    return number


def uscc(text: str) -> str:
    """A unified social credit code, 18 characters. Raises Refused(USCC_INVALID)."""
    code = _folded(text).upper()
    if len(code) != 18 or any(letter not in _USCC_LETTERS for letter in code):
        raise Refused(Problem.USCC_INVALID)
    values = [_USCC_LETTERS.index(letter) for letter in code]
    total = sum(value * pow(3, place, 31) for place, value in enumerate(values[:17]))
    if (31 - total % 31) % 31 != values[17]:
        raise Refused(Problem.USCC_INVALID)
    return code


def person_name(text: str) -> str:
    """A person's name as its papers have it: Han with rare ideographs and ·, or Latin letters.

    NFC, not NFKC, which folds letters that registers keep apart. The many middle dots become one.
    Raises Refused(PERSON_NAME_INVALID).
    """
    name = unicodedata.normalize("NFC", text).strip().translate(_DOTS)
    is_name = _HAN_NAME.fullmatch(name) if _is_han(name) else _LATIN_NAME.fullmatch(name)
    if not 2 <= len(name) <= NAME_LONGEST or not is_name:
        raise Refused(Problem.PERSON_NAME_INVALID)
    return name


def organization_name(text: str) -> str:
    """An organization's name, its brackets full-width as the register has them.

    Raises Refused(ORGANIZATION_NAME_INVALID).
    """
    name = unicodedata.normalize("NFC", text).strip().translate(_DOTS)
    if _is_han(name):
        name = name.replace("(", "（").replace(")", "）")
    is_printable = all(letter == " " or unicodedata.category(letter)[0] in "LNMP" for letter in name)
    if not 2 <= len(name) <= ORGANIZATION_LONGEST or not is_printable or not _has_letter(name):
        raise Refused(Problem.ORGANIZATION_NAME_INVALID)
    return name


def same_name(one: str, other: str) -> bool:
    """Whether two writings name the same: dots, brackets, width of Latin letters, spaces and case do not count."""
    return _comparable(one) == _comparable(other)


def masked_mobile(number: str) -> str:
    """138****1234."""
    return f"{number[:3]}****{number[-4:]}"


def masked_id_number(number: str) -> str:
    """4************X: the first and the last character, as the standards for display of personal data have it."""
    return f"{number[:1]}{'*' * (len(number) - 2)}{number[-1:]}"


def masked_name(name: str) -> str:
    """李* and 欧**: the first character and as many stars as there are others."""
    return name[:1] + "*" * (len(name) - 1)


def masked_organization(name: str) -> str:
    """广东******公司: enough for who knows it to recognise it."""
    return name if len(name) <= 4 else name[:2] + "*" * (len(name) - 4) + name[-2:]


def masked_signer(name: str) -> str:
    """A certificate's owner, whom nothing tells to be a person or an organization: short Han names are people's."""
    is_organization = _is_han(name) and len(name) > 4 and "·" not in name
    return masked_organization(name) if is_organization else masked_name(name)


def _folded(text: str) -> str:
    """Full-width to half-width, and without the blanks and hyphens that people type between digits."""
    return re.sub(r"[\s\u200b-\u200f\u202a-\u202e\ufeff-]", "", unicodedata.normalize("NFKC", text[:100]))


def _comparable(text: str) -> str:
    folded = unicodedata.normalize("NFC", text).translate(_DOTS)
    narrow = "".join(
        unicodedata.normalize("NFKC", letter) if "\uff00" <= letter <= "\uffef" else letter
        for letter in folded
    )
    return re.sub(r"\s", "", narrow).casefold()


def _is_han(text: str) -> bool:
    return any(unicodedata.category(letter) == "Lo" for letter in text)


def _has_letter(text: str) -> bool:
    return any(unicodedata.category(letter)[0] == "L" for letter in text)
