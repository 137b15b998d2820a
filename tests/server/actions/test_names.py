"""Names that people give, made harmless."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.problems import Problem, Refused
from yunqian.server.actions.names import LONGEST_NAME, cleaned

pytestmark = pytest.mark.usefixtures("no_database")


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("合同.pdf", "合同.pdf"),
        ("  two   spaces\tand\nlines ", "two spaces and lines"),
        ("../../etc/passwd", "etc passwd"),
        ("C:\\temp\\合同.pdf", "C: temp 合同.pdf"),
        ("cod\u202efdp.exe", "codfdp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("e\u0301", "é"),
        ("nul\x00byte\x1b[0m", "nulbyte[0m"),
        ("lone \ud800 half", "lone half"),
        ("..\\..\\合同.pdf", "合同.pdf"),
        ("合同\u2028.pdf\u2029", "合同 .pdf"),
        ("\u3164合\u2800同\u3164", "合 同"),
        ("合" * 300 + ".pdf", "合" * 196 + ".pdf"),
        ("合" * 190 + "." * 20 + ".pdf", "合" * 190 + ".pdf"),
    ],
)
def test_what_could_deceive_is_taken_out(given_name, expected):
    assert cleaned(given_name) == expected


@given(st.text(max_size=500))
def test_whatever_comes_in_a_harmless_name_comes_out(text):
    name = cleaned(text, fallback="document.pdf")
    assert 1 <= len(name) <= LONGEST_NAME
    assert not set(name) & set("/\\\x00\r\n\u202e\u2066")
    assert unicodedata.is_normalized("NFC", name)
    assert cleaned(name, fallback="document.pdf") == name
    name.encode()


@pytest.mark.parametrize("text", ["", "   ", "\u202e\u200b", "///", "...", "\u3164", ". . ."])
def test_nothing_left_is_refused_where_a_name_is_needed(text):
    with pytest.raises(Refused) as refused:
        cleaned(text)
    assert refused.value.problem is Problem.REQUEST_INVALID


@pytest.mark.parametrize("text", ["....", "...pdf", "/.docx", ".PDF"])
def test_a_document_of_which_only_the_ending_is_left_is_called_document(text):
    assert cleaned(text, fallback="document.pdf") == "document.pdf"
