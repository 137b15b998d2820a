"""The demonstration's stand-in for the carriers: its rules, and how it fails and lies on demand."""

from dataclasses import replace
from pathlib import Path

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.adapters import realname
from yunqian.server.adapters.realname.port import Verdict
from yunqian.server.adapters.realname.sandbox import SandboxCarrier

ID_NUMBER = "11010519491231002X"


def check(folder: Path, mobile: str = "13800131234") -> Verdict:
    return SandboxCarrier(folder).check("李明", ID_NUMBER, mobile)


def silent(folder: Path, mobile: str = "13800131234") -> None:
    with pytest.raises(Refused) as caught:
        check(folder, mobile)
    assert caught.value.problem is Problem.REALNAME_UNAVAILABLE
    assert caught.value.facts == {}


@pytest.mark.usefixtures("no_database")
class TestWithoutADatabase:
    @pytest.mark.parametrize(
        ("mobile", "verdict"),
        [
            ("13800131234", Verdict.MATCH),
            ("13800130000", Verdict.MISMATCH),
            ("13800139999", Verdict.NO_RECORD),
            ("13800000001", Verdict.MATCH),
        ],
    )
    def test_the_end_of_a_number_decides(self, tmp_path, mobile, verdict):
        assert check(tmp_path, mobile) is verdict

    def test_a_number_that_ends_in_5555_gets_no_answer(self, tmp_path):
        silent(tmp_path, "13800135555")

    def test_it_fails_and_lies_when_it_is_told_to(self, tmp_path):
        (tmp_path / "behave").write_text("unavailable\n", encoding="utf-8")
        silent(tmp_path)
        silent(tmp_path, "13800130000")
        (tmp_path / "behave").write_text("mismatch", encoding="utf-8")
        assert check(tmp_path) is Verdict.MISMATCH
        (tmp_path / "behave").unlink()
        assert check(tmp_path) is Verdict.MATCH

    def test_it_keeps_nothing(self, tmp_path):
        check(tmp_path / "realname")
        assert list(tmp_path.iterdir()) == []

    def test_the_setting_chooses_it_and_it_says_what_it_is(self, tmp_path):
        chosen = realname.chosen(replace(settings.current(), realname_driver="sandbox", home=tmp_path))
        assert isinstance(chosen, SandboxCarrier)
        assert chosen.name == "sandbox"


def test_it_is_never_asked_inside_a_transaction(tmp_path):
    with scope.platform(), pytest.raises(RuntimeError, match="transaction"):
        check(tmp_path)
