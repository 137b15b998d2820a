"""The chain of audit events: one canonical form, and no change that goes unseen."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.evidence.chain import NOTHING_BEFORE, Break, Fault, breaks, canonical, forge, hash_of
from yunqian.problems import Problem, Refused

NOON = datetime(2026, 11, 22, 4, 0, 0, 123456, tzinfo=UTC)
EXACT = st.integers(-(2**53) + 1, 2**53 - 1)
FACTS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.none() | st.booleans() | EXACT | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    max_size=5,
)


def chain_of(*facts):
    links = []
    for number, fact in enumerate(facts):
        links.append(
            forge(
                links[-1] if links else None,
                chain="envelope:1",
                kind="sealed",
                person="p",
                facts=fact,
                at=NOON + timedelta(seconds=number),
            )
        )
    return links


def test_the_canonical_form_is_that_of_rfc_8785():
    # The strings and the order of keys are those of RFC 8785 §3.2.2 and §3.2.3.
    value = {"literals": [None, True, False], "string": '€$\u000f\nA\'B"\\\\"/', "n": -1}
    assert canonical(value) == (
        '{"literals":[null,true,false],"n":-1,"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    )
    names = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, "ö": 7}
    assert list(json.loads(canonical(names))) == ["\r", "1", "\u0080", "ö", "€", "😀", "\ufb33"]


@given(FACTS)
def test_the_canonical_form_says_the_same_and_is_one_form_only(facts):
    once = canonical(facts)
    assert json.loads(once) == facts
    assert canonical(dict(reversed(list(facts.items())))) == once


@pytest.mark.parametrize("value", [1.5, {"a": float("nan")}, 2**53, b"bytes", {1: "key"}, "\ud800", object()])
def test_what_has_no_certain_form_is_refused(value):
    with pytest.raises(Refused) as refused:
        canonical(value)
    assert refused.value.problem is Problem.REQUEST_INVALID


def test_the_first_link_names_nothing_before_and_each_next_one_names_the_last():
    first, second = chain_of({"a": 1}, {"b": 2})
    assert (first.sequence, first.previous_hash) == (1, NOTHING_BEFORE)
    assert (second.sequence, second.previous_hash) == (2, first.hash)


def test_the_same_moment_in_another_zone_has_the_same_hash():
    (link,) = chain_of({})
    assert hash_of(replace(link, at=NOON.astimezone(timezone(timedelta(hours=8))))) == link.hash


def test_the_format_is_pinned_by_a_known_hash():
    link = forge(
        None, chain="envelope:1", kind="started", person=None, facts={"标题": "合同", "n": 3}, at=NOON
    )
    written = (
        '{"at":"2026-11-22T04:00:00.123456Z","chain":"envelope:1","facts":{"n":3,"标题":"合同"},'
        '"format":"yunqian.audit.v1","kind":"started","person":null,"previous_hash":"'
        + "0" * 64
        + '","sequence":1}'
    )
    assert link.hash == hashlib.sha256(written.encode()).hexdigest()


@given(st.lists(FACTS, min_size=1, max_size=6))
def test_a_chain_as_forged_is_whole(facts):
    assert breaks(chain_of(*facts)) == ()


@given(st.lists(FACTS, min_size=1, max_size=6), st.data())
def test_changing_any_one_thing_in_any_one_event_breaks_the_chain(facts, data):
    links = chain_of(*facts)
    index = data.draw(st.integers(0, len(links) - 1))
    changed = data.draw(
        st.sampled_from(
            [
                {"facts": {**links[index].facts, "extra": 1}},
                {"kind": "other"},
                {"person": None},
                {"at": links[index].at + timedelta(microseconds=1)},
                {"hash": "f" * 64},
                {"previous_hash": "e" * 64},
                {"sequence": 99},
            ]
        )
    )
    links[index] = replace(links[index], **changed)
    assert breaks(links) != ()


def test_an_event_rewritten_with_its_hash_breaks_at_the_next_one():
    links = chain_of({"n": 1}, {"n": 2}, {"n": 3})
    forged = replace(links[1], facts={"n": 7})
    links[1] = replace(forged, hash=hash_of(forged))
    assert breaks(links) == (Break(3, Fault.PREVIOUS),)


def test_a_dropped_a_doubled_and_a_swapped_event_are_found():
    one, two, three = chain_of({"n": 1}, {"n": 2}, {"n": 3})
    assert Break(3, Fault.SEQUENCE) in breaks([one, three])
    assert Break(2, Fault.SEQUENCE) in breaks([one, two, two, three])
    assert breaks([two, one, three]) != ()


def test_an_event_of_another_chain_is_found():
    one, two = chain_of({"n": 1}, {"n": 2})
    assert Break(2, Fault.CHAIN) in breaks([one, replace(two, chain="envelope:2")])


def test_nothing_is_a_whole_chain():
    assert breaks([]) == ()
