"""The kinds of seals: which sizes are right, which are refused and in what words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.eseal.kinds import KINDS, Holder, SealKind, Shape, check_size
from yunqian.problems import Problem, Refused

RIGHT = [
    *((SealKind.OFFICIAL, size, size) for size in (40, 42, 45)),
    *((SealKind.CONTRACT, size, size) for size in (38, 40, 42)),
    *((SealKind.FINANCE, size, size) for size in (38, 40)),
    *((SealKind.LEGAL_REPRESENTATIVE, size, size) for size in (18, 20, 21.5, 22)),
    *((SealKind.NAME, size, size) for size in (16, 18, 22)),
    (SealKind.SIGNATURE, 20, 8),
    (SealKind.SIGNATURE, 60, 30),
    (SealKind.SIGNATURE, 41.3, 17.9),
]

WRONG = [
    *((SealKind.OFFICIAL, size, size) for size in (38, 39.9, 41, 44, 45.1, 58)),
    *((SealKind.CONTRACT, size, size) for size in (37, 39, 45)),
    *((SealKind.FINANCE, size, size) for size in (42, 36)),
    *((SealKind.LEGAL_REPRESENTATIVE, size, size) for size in (17.9, 22.1, 16)),
    *((SealKind.NAME, size, size) for size in (15.9, 22.1, 40)),
    (SealKind.OFFICIAL, 40, 42),
    (SealKind.NAME, 18, 20),
    (SealKind.SIGNATURE, 19, 10),
    (SealKind.SIGNATURE, 61, 10),
    (SealKind.SIGNATURE, 40, 7),
    (SealKind.SIGNATURE, 40, 31),
    (SealKind.OFFICIAL, -40, -40),
    (SealKind.OFFICIAL, 0, 0),
    (SealKind.SIGNATURE, math.nan, 10),
    (SealKind.SIGNATURE, 40, math.inf),
]


def refused(kind: SealKind, width_mm: float, height_mm: float) -> Refused:
    with pytest.raises(Refused) as caught:
        check_size(kind, width_mm, height_mm)
    return caught.value


@pytest.mark.parametrize(("kind", "width_mm", "height_mm"), RIGHT)
def test_a_size_that_engravers_make_is_taken(kind: SealKind, width_mm: float, height_mm: float):
    assert check_size(kind, width_mm, height_mm) is None
    assert KINDS[kind].allow(width_mm, height_mm)


@pytest.mark.parametrize(("kind", "width_mm", "height_mm"), WRONG)
def test_a_size_wrong_for_the_kind_is_refused(kind: SealKind, width_mm: float, height_mm: float):
    assert refused(kind, width_mm, height_mm).problem is Problem.SEAL_SIZE_WRONG_FOR_KIND


def test_a_refused_size_is_told_together_with_the_right_ones():
    assert refused(SealKind.OFFICIAL, 38, 38).facts == {
        "kind_zh": "公章",
        "kind_en": "official seal",
        "sizes": "⌀ 40 / 42 / 45",
    }
    assert refused(SealKind.SIGNATURE, 5, 5).facts["sizes"] == "20–60 × 8–30"


def test_every_kind_has_a_row_whose_own_default_is_right():
    assert list(KINDS) == list(SealKind)
    for kind, row in KINDS.items():
        assert row.allow(*row.default_mm), kind


def test_the_values_are_the_ones_that_are_stored():
    assert [kind.value for kind in SealKind] == [
        "official",
        "contract",
        "finance",
        "legal_representative",
        "signature",
        "name",
    ]


def test_organizations_have_round_seals_and_that_of_their_legal_representative():
    of_organizations = {kind for kind, row in KINDS.items() if row.holder is Holder.ORGANIZATION}
    assert of_organizations == set(SealKind) - {SealKind.SIGNATURE, SealKind.NAME}
    assert {kind for kind, row in KINDS.items() if row.shape is Shape.ROUND} == {
        SealKind.OFFICIAL,
        SealKind.CONTRACT,
        SealKind.FINANCE,
    }
    assert KINDS[SealKind.OFFICIAL].must_show_star


def test_only_the_seals_for_one_purpose_have_a_line_that_says_it():
    lines = {kind: row.line for kind, row in KINDS.items() if row.line}
    assert lines == {SealKind.CONTRACT: "合同专用章", SealKind.FINANCE: "财务专用章"}


@given(st.sampled_from(SealKind), st.floats(), st.floats())
def test_whatever_the_numbers_the_answer_is_yes_or_a_refusal(
    kind: SealKind, width_mm: float, height_mm: float
):
    if 15 <= width_mm <= 61 and 7 <= height_mm <= 46 and KINDS[kind].allow(width_mm, height_mm):
        assert check_size(kind, width_mm, height_mm) is None
    else:
        assert refused(kind, width_mm, height_mm).problem is Problem.SEAL_SIZE_WRONG_FOR_KIND
