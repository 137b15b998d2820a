"""The demonstration's outbox: what it catches, who may read it, and how it fails and lies on demand."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.adapters import sms
from yunqian.server.adapters.sms.port import WORDING, Template
from yunqian.server.adapters.sms.sandbox import KEPT, SandboxSms

MOBILE = "13800131234"
PARAMS = {"code": "604821", "minutes": "10"}


@pytest.fixture
def outbox(tmp_path: Path) -> SandboxSms:
    return SandboxSms(tmp_path / "home" / "sms")


def send(outbox: SandboxSms, key: str = "one", **params: str) -> None:
    outbox.send(MOBILE, Template.CODE, PARAMS | params, idempotency=key)


def behave(tmp_path: Path, mood: str) -> None:
    folder = tmp_path / "home" / "sms"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "behave").write_text(mood, encoding="utf-8")


@pytest.mark.usefixtures("no_database")
class TestWithoutADatabase:
    def test_a_message_is_caught_for_its_number_alone_the_newest_first(self, outbox):
        send(outbox, "one", code="111111")
        send(outbox, "two", code="222222")
        found = [message.text for message in outbox.messages(MOBILE)]
        assert [text[:10] for text in found] == ["验证码 222222", "验证码 111111"]
        assert outbox.messages("13800131235") == ()

    def test_every_wording_can_be_filled_and_says_all_it_was_given(self, outbox):
        given = {
            Template.CODE: PARAMS,
            Template.INVITATION: {"tenant": "云签科技", "link": "https://sign.example/join/x"},
            Template.ADDRESSED: {"tenant": "云签科技", "title": "合同{0}", "link": "https://sign.example/"},
        }
        assert set(given) == set(Template) == set(WORDING)
        for template, params in given.items():
            outbox.send(MOBILE, template, params, idempotency=template)
            newest = outbox.messages(MOBILE)[0].text
            assert all(value in newest for value in params.values())

    def test_the_same_message_handed_over_twice_is_caught_once(self, outbox):
        send(outbox)
        send(outbox)
        assert len(outbox.messages(MOBILE)) == 1

    def test_only_the_newest_are_kept(self, outbox):
        for number in range(KEPT + 5):
            send(outbox, str(number), code=f"{number:06}")
        kept = outbox.messages(MOBILE)
        assert len(kept) == KEPT
        assert f"{KEPT + 4:06}" in kept[0].text

    def test_nobody_else_on_the_machine_may_read_it_whatever_the_umask(self, outbox, tmp_path):
        before = os.umask(0o022)
        try:
            send(outbox)
        finally:
            os.umask(before)
        found = list((tmp_path / "home" / "sms").rglob("*"))
        modes = {stat.S_IMODE(one.stat().st_mode) for one in found if one.is_file()}
        folders = {stat.S_IMODE(one.stat().st_mode) for one in found if one.is_dir()}
        assert modes == {0o600}
        assert folders == {0o700}
        assert stat.S_IMODE((tmp_path / "home" / "sms").stat().st_mode) == 0o700

    def test_a_number_does_not_stand_in_the_names_of_folders(self, outbox, tmp_path):
        send(outbox)
        assert not any(MOBILE in str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*"))

    def test_told_to_be_unavailable_it_refuses_and_catches_nothing(self, outbox, tmp_path):
        behave(tmp_path, "unavailable\n")
        with pytest.raises(Refused) as caught:
            send(outbox)
        assert caught.value.problem is Problem.SMS_UNAVAILABLE
        assert outbox.messages(MOBILE) == ()
        behave(tmp_path, "")
        send(outbox)
        assert len(outbox.messages(MOBILE)) == 1

    def test_told_to_lose_it_says_yes_and_catches_nothing(self, outbox, tmp_path):
        behave(tmp_path, "lose")
        send(outbox)
        assert outbox.messages(MOBILE) == ()

    def test_the_setting_chooses_it_and_it_says_what_it_is(self, tmp_path):
        chosen = sms.chosen(replace(settings.current(), sms_driver="sandbox", home=tmp_path))
        assert isinstance(chosen, SandboxSms)
        assert chosen.name == "sandbox"


def test_it_is_never_asked_inside_a_transaction(outbox):
    with scope.platform(), pytest.raises(RuntimeError, match="transaction"):
        send(outbox)
