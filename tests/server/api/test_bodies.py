"""Names of downloads: every name that intake lets through comes back from the header as it was (rule I7)."""

import re
from email.message import Message
from email.utils import collapse_rfc2231_value
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yunqian.server.actions.names import cleaned
from yunqian.server.api.bodies import disposition

pytestmark = pytest.mark.usefixtures("no_database")

# RFC 6266 §4.1 with the token of RFC 9110 §5.6.2 and the ext-value of RFC 5987 §3.2.1.
GRAMMAR = re.compile(
    r"(attachment|inline); filename=\"([A-Za-z0-9]+\.pdf)\"; "
    r"filename\*=UTF-8''((?:%[0-9A-F]{2}|[A-Za-z0-9!#$&+.^_`|~-])+)"
)


def told(name: str) -> str:
    """The name that a browser takes, after RFC 6266 §4.3: the one in UTF-8 before the plain one."""
    found = GRAMMAR.fullmatch(disposition("attachment", name))
    assert found, disposition("attachment", name)
    return unquote(found[3], errors="strict")


@given(st.text(max_size=300))
@example('"; filename=evil.exe; x="')
@example("合同\r\nSet-Cookie: a=b.pdf")
@example("100%.pdf")
@example("%2e%2e%2f")
@example("'''.PDF")
def test_every_stored_name_comes_back(text: str):
    name = cleaned(text, fallback="document.pdf")
    stem = name[:-4] if name.lower().endswith(".pdf") else name
    assert told(name) == stem + ".pdf"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=100))
def test_even_a_name_that_was_never_cleaned_cannot_leave_its_header(name: str):
    header = disposition("inline", name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count("; ") == 2
    told(name)


@pytest.mark.parametrize("name", ["采购合同.pdf", "a b.pdf", "O'Neil (1).pdf", "x;y=z", "été.PDF"])
def test_another_reader_of_headers_takes_the_same_name(name: str):
    message = Message()
    message["Content-Disposition"] = disposition("attachment", name)
    read = dict(message.get_params(header="Content-Disposition", unquote=True))
    stem = name[:-4] if name.lower().endswith(".pdf") else name
    extended = [
        collapse_rfc2231_value(value)
        for key, value in (message.get_params(header="content-disposition") or [])
        if key == "filename" and isinstance(value, tuple)
    ]
    assert "filename" in read
    assert extended == [stem + ".pdf"]
