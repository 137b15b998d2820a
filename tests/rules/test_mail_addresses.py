"""Addresses for mail: written in one way, masked, and everything odd refused without being repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.problems import Problem, Refused
from yunqian.rules.mail_addresses import address, masked


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (" Wang.Fang@Example.CN ", "Wang.Fang@example.cn"),
        ("ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｎ", "wang@example.cn"),
        ("a+b@sub.example.com.cn", "a+b@sub.example.com.cn"),
    ],
)
def test_it_is_written_in_one_way(text: str, known: str):
    assert address(text) == known


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wang",
        "@example.cn",
        "wang@",
        "wang@localhost",
        "wang@127.0.0.1",
        "wang@[127.0.0.1]",
        ".wang@example.cn",
        "wa..ng@example.cn",
        '"wang fang"@example.cn',
        "wang@exa mple.cn",
        "wang@-example.cn",
        "王芳@example.cn",
        "wang@例子.cn",
        "a@b.cn,c@d.cn",
        "a@b.cn\r\nBcc: c@d.cn",
        "x" * 65 + "@example.cn",
        "x@" + "y." * 130 + "cn",
    ],
)
def test_what_is_none_is_refused_without_being_repeated(text: str):
    with pytest.raises(Refused) as refused:
        address(text)
    assert (refused.value.problem, dict(refused.value.facts)) == (Problem.MAIL_ADDRESS_INVALID, {})


@given(st.text(max_size=300))
def test_whatever_is_taken_stays_what_it_is_and_has_no_line_in_it(text: str):
    try:
        known = address(text)
    except Refused:
        return
    assert address(known) == known
    assert known.isascii()
    assert known.isprintable()


def test_masked_it_shows_one_letter_and_the_domain():
    assert masked("wangfang@example.cn") == "w***@example.cn"
