"""The demonstration's stand-in for the company register: its rules, and how it fails on demand."""

from dataclasses import replace
from pathlib import Path

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.adapters import company
from yunqian.server.adapters.company.port import Verdict
from yunqian.server.adapters.company.sandbox import SandboxRegister


def check(folder: Path, legal: str = "李明") -> Verdict:
    return SandboxRegister(folder).check("广东示例科技有限公司", "91440101MA59ABCD1X", legal)


def silent(folder: Path, legal: str = "李明") -> None:
    with pytest.raises(Refused) as caught:
        check(folder, legal)
    assert caught.value.problem is Problem.REGISTER_UNAVAILABLE
    assert caught.value.facts == {}


@pytest.mark.usefixtures("no_database")
class TestWithoutADatabase:
    @pytest.mark.parametrize(
        ("legal", "verdict"),
        [
            ("李明", Verdict.MATCH),
            ("李不符", Verdict.MISMATCH),
            ("李查无", Verdict.NO_RECORD),
            ("李注销", Verdict.NOT_ACTIVE),
        ],
    )
    def test_the_end_of_the_legal_representatives_name_decides(self, tmp_path, legal, verdict):
        assert check(tmp_path, legal) is verdict

    def test_one_whose_name_ends_in_超时_gets_no_answer(self, tmp_path):
        silent(tmp_path, "李超时")

    def test_told_to_be_unavailable_it_answers_nobody(self, tmp_path):
        (tmp_path / "behave").write_text("unavailable\n", encoding="utf-8")
        silent(tmp_path)
        silent(tmp_path, "李注销")
        (tmp_path / "behave").unlink()
        assert check(tmp_path) is Verdict.MATCH

    @pytest.mark.parametrize(("driver", "is_there"), [("sandbox", True), ("none", False)])
    def test_the_setting_decides_whether_anybody_is_asked(self, monkeypatch, driver, is_there):
        told = replace(settings.current(), company_driver=driver)
        monkeypatch.setattr(company.settings, "current", lambda: told)
        company.current.cache_clear()
        try:
            if is_there:
                assert company.current().name == "sandbox"
                return
            with pytest.raises(Refused) as caught:
                company.current()
            assert caught.value.problem is Problem.REGISTER_UNAVAILABLE
        finally:
            company.current.cache_clear()


def test_it_is_never_asked_inside_a_transaction(tmp_path):
    with scope.platform(), pytest.raises(RuntimeError, match="transaction"):
        check(tmp_path)
