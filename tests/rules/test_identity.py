"""Names and numbers of people and organizations: what is taken, how it is written, what is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.problems import Problem, Refused
from yunqian.rules import identity

TODAY = date(2026, 11, 23)
READERS = (
    (lambda text: identity.id_number(text, today=TODAY), Problem.ID_NUMBER_INVALID),
    (identity.mobile, Problem.MOBILE_INVALID),
    (identity.uscc, Problem.USCC_INVALID),
    (identity.person_name, Problem.PERSON_NAME_INVALID),
    (identity.organization_name, Problem.ORGANIZATION_NAME_INVALID),
)


def id_number_of(head: str) -> str:
    """17 digits with their check digit, reckoned as GB 11643 has it: Σ aᵢ·2^(i-1) ≡ 1 (mod 11) over all 18."""
    rest = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(head)) % 11
    return head + "0123456789X"[(1 - rest) % 11]


def refusal(reader, text: str) -> Refused:
    with pytest.raises(Refused) as refused:
        reader(text)
    return refused.value


class TestIdNumber:
    @pytest.mark.parametrize("text", ["11010519491231002X", "440524188001010014"])
    def test_the_standards_own_examples(self, text):
        # GB 11643-1999 gives both; the second person would be older than anybody
        if text.startswith("11"):
            assert identity.id_number(text, today=TODAY) == text
        else:
            assert refusal(READERS[0][0], text).problem is Problem.ID_NUMBER_INVALID

    def test_it_is_written_in_one_way(self):
        assert identity.id_number(" １１０１０５ 19491231 002x ", today=TODAY) == "11010519491231002X"

    @given(st.integers(0, 16), st.integers(1, 9))
    def test_one_wrong_digit_is_always_found(self, place, more):
        number = "11010519491231002X"
        digit = str((int(number[place]) + more) % 10)
        wrong = number[:place] + digit + number[place + 1 :]
        assert refusal(READERS[0][0], wrong).problem is Problem.ID_NUMBER_INVALID

    @given(st.integers(0, 15))
    def test_two_digits_in_the_other_order_are_always_found(self, place):
        number = "11010519491231002X"
        turned = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        if turned != number:
            refusal(READERS[0][0], turned)

    @pytest.mark.parametrize(
        "head",
        [
            "11010520261124001",  # tomorrow
            "11010518951231001",  # older than anybody
            "11010520250229001",  # no such day
            "09010519900307001",  # no such province
        ],
    )
    def test_a_right_check_digit_is_not_enough(self, head):
        assert refusal(READERS[0][0], id_number_of(head)).problem is Problem.ID_NUMBER_INVALID

    def test_somebody_born_today_has_one(self):
        number = id_number_of("11010520261123001")
        assert identity.id_number(number, today=TODAY) == number

    @pytest.mark.parametrize("head", ["81000019900307001", "83000019900307001", "91000019900307001"])
    def test_residents_from_elsewhere_have_one_too(self, head):
        assert identity.id_number(id_number_of(head), today=TODAY)

    def test_the_refusal_does_not_carry_what_it_refuses(self):
        refused = refusal(READERS[0][0], "110105194912310021")
        assert "19491231" not in f"{refused!s}{refused!r}{refused.facts}"


class TestMobile:
    @pytest.mark.parametrize(
        "text",
        ["13800138000", "+86 138-0013-8000", "0086 13800138000", "１３８００１３８０００", "138 0013 8000"],
    )
    def test_it_is_written_in_one_way(self, text):
        assert identity.mobile(text) == "13800138000"

    @pytest.mark.parametrize(
        "text", ["12800138000", "1380013800", "138001380000", "+852 61234567", "١٣٨٠٠١٣٨٠٠٠x", ""]
    )
    def test_what_is_no_mainland_number_is_refused(self, text):
        assert refusal(identity.mobile, text).problem is Problem.MOBILE_INVALID


class TestUscc:
    @pytest.mark.parametrize("code", ["91350100M000100Y43", "91350100m000100y43"])
    def test_the_standards_example_is_taken_in_either_case(self, code):
        assert identity.uscc(code) == "91350100M000100Y43"

    @given(st.integers(0, 17), st.integers(1, 30))
    def test_one_wrong_character_is_always_found(self, place, more):
        letters, code = "0123456789ABCDEFGHJKLMNPQRTUWXY", "91350100M000100Y43"
        wrong = letters[(letters.index(code[place]) + more) % 31]
        refusal(identity.uscc, code[:place] + wrong + code[place + 1 :])

    @pytest.mark.parametrize("letter", "IOZSV")
    def test_letters_that_look_like_digits_are_none(self, letter):
        refusal(identity.uscc, f"9135010{letter}M000100Y43")


class TestNames:
    @pytest.mark.parametrize("dot", "·•‧∙⋅・･")
    def test_every_middle_dot_is_the_one_dot(self, dot):
        assert identity.person_name(f"阿依古丽{dot}买买提") == "阿依古丽·买买提"

    @pytest.mark.parametrize(
        "name",
        ["李明", "欧阳修", "𠮷野太郎", "㐂田", "〇明", "张\U00030000", "Jean-Luc O’Neil", "José María"],
    )
    def test_true_names_are_taken_as_they_are(self, name):
        assert identity.person_name(name) == name

    @pytest.mark.parametrize(
        "name",
        [
            "李",
            "李3",
            "李\u202e明",
            "李\u200b明",
            "李明😀",
            "·李明",
            "李·",
            "李 明<b>",
            "李\x00明",
            "李" * 51,
            "123",
            "--",
        ],
    )
    def test_what_is_no_name_is_refused(self, name):
        assert refusal(identity.person_name, name).problem is Problem.PERSON_NAME_INVALID

    def test_the_brackets_of_a_chinese_organization_are_full_width(self):
        assert identity.organization_name("示例(广东)有限公司") == "示例（广东）有限公司"
        assert identity.organization_name("Example (China) Ltd.") == "Example (China) Ltd."

    @pytest.mark.parametrize("name", ["公", "公司\u202e", "公司😀", "——", "公\n司", "公" * 101])
    def test_what_is_no_organizations_name_is_refused(self, name):
        assert refusal(identity.organization_name, name).problem is Problem.ORGANIZATION_NAME_INVALID

    def test_two_writings_of_one_name_are_the_same(self):
        assert identity.same_name("阿依古丽•买买提", "阿依古丽·买买提")
        assert identity.same_name("ＡＢＣ（中国）", "abc(中国)")
        assert identity.same_name("Jean  Luc", "jeanluc")
        assert not identity.same_name("李明", "李朋")


class TestMasks:
    def test_what_is_shown_does_not_tell_the_rest(self):
        assert identity.masked_mobile("13800131234") == "138****1234"
        assert identity.masked_id_number("11010519491231002X") == "1****************X"
        assert identity.masked_name("欧阳修") == "欧**"


@pytest.mark.parametrize(("reader", "problem"), READERS)
@given(text=st.text(max_size=60))
def test_any_text_is_taken_or_refused_and_what_is_taken_stays_as_it_is(reader, problem, text):
    said: Problem | None = None
    try:
        value = reader(text)
    except Refused as refused:
        said = refused.problem
    assert said is problem or (said is None and reader(value) == value)


def test_organizations_and_signers_are_masked_so_that_who_knows_them_recognises_them():
    assert identity.masked_organization("广东示例科技有限公司") == "广东******公司"
    assert identity.masked_organization("法务所") == "法务所"
    assert identity.masked_signer("李明") == "李*"
    assert identity.masked_signer("阿卜杜拉·买买提") == "阿*******"
    assert identity.masked_signer("某市公共资源交易中心") == "某市******中心"
    assert identity.masked_signer("John Smith") == "J*********"
