"""The sheet: what every kind of dialog tells and asks, in both languages, before, during and after."""

import re
from pathlib import Path
from typing import get_args

import pytest

from tests.agent import kinds
from tests.agent.world import NOW, Site
from yunqian.agent import acts, orders
from yunqian.agent.acts import Act, ChangePin, SignBatch, Tools
from yunqian.agent.acts.unlocks import Unlocks
from yunqian.agent.dialog import Asked, Dialog, Pictures, PicturesState
from yunqian.agent.keys.ring import Ring
from yunqian.agent.orders import LIFETIME, Order
from yunqian.agent.pin import Tries
from yunqian.agent.spent import KeyName
from yunqian.agent.window import sheet, words
from yunqian.agent.window.sheet import Sheet
from yunqian.agent.window.words import KIND_WORDS, WORDS, Language
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import PinChanged
from yunqian.wire.keys import DialogKind
from yunqian.wire.orders import SignResult

SITE = Site()
TOOLS = Tools(Ring([]), Unlocks(Path("unlocks"), clock=lambda: NOW), lambda: NOW)
LANGUAGES: tuple[Language, ...] = get_args(Language)


def dialog_of(act: Act, certificate: Certificate | None = None, *, tries: Tries | None = None) -> Dialog:
    asked = Asked(SITE.paired(), "", NOW + LIFETIME)
    key = KeyName(serial="SOFT-1", label="签名章\u202e", is_demo=True)
    return Dialog(act, asked, certificate, key, tries or Tries(left=5), NOW)


def each(certificate: Certificate) -> dict[DialogKind, Dialog]:
    """A waiting dialog of every kind."""
    asked: list[Order] = [
        SITE.order(certificate),
        kinds.login(certificate),
        kinds.bind(certificate),
        kinds.enrol(),
        kinds.store(certificate),
        kinds.unlock(),
    ]
    made: list[Act] = [acts.of(order, TOOLS) for order in asked]
    made.append(ChangePin(kinds.SOFT_1, TOOLS))
    made.append(batch_of(certificate))
    named = (DialogKind.SIGN, DialogKind.SIGN_BATCH, DialogKind.LOGIN, DialogKind.BIND)
    return {act.kind: dialog_of(act, certificate if act.kind in named else None) for act in made}


def batch_of(certificate: Certificate, count: int = 3) -> SignBatch:
    """The act for so many documents; the title of the second one turns its line around."""
    titles = {1: "b\u202efdp.exe"}
    singles = [SITE.order(certificate, **({"title": titles[n]} if n in titles else {})) for n in range(count)]
    order = kinds.batch(SITE, *singles)
    genuine = orders.read(SITE.signed(order), origin=SITE.origin, platforms={SITE.origin: SITE.paired()})
    act = acts.of(genuine.order, TOOLS, parts=genuine.parts)
    assert isinstance(act, SignBatch)
    return act


def shown(dialog: Dialog, language: Language = "zh", *, is_key_present: bool = True) -> Sheet:
    return sheet.of(dialog, language, is_key_present=is_key_present, seconds_left=299)


def test_every_kind_has_words_of_its_own_in_both_languages() -> None:
    for language in LANGUAGES:
        assert KIND_WORDS[language].keys() == set(DialogKind)
        assert len({tuple(one.values()) for one in KIND_WORDS[language].values()}) == len(DialogKind)
    names = {frozenset(one) for language in LANGUAGES for one in KIND_WORDS[language].values()}
    assert len(names) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*DialogKind])
def test_every_kind_says_who_asks_and_with_which_key(
    certificate: Certificate, kind: DialogKind, language: Language
) -> None:
    told = shown(each(certificate)[kind], language)
    lines = {line.name: line for line in told.lines}
    assert (told.kind, told.title) == (kind, KIND_WORDS[language][kind]["title"])
    assert (lines["site"].text, lines["site"].hint, lines["site"].tone) == (SITE.origin, "云签测试平台", "ok")
    assert (lines["key"].text, "SOFT-1" in lines["key"].hint) == ("签名章\ufffd", True)
    assert told.is_demo
    assert told.demo_label
    assert all(line.label and line.text for line in told.lines)
    assert all(field.label and field.hint for field in told.fields)
    assert told.pictures.state == "none"


@pytest.mark.parametrize(
    ("kind", "fields", "facts"),
    [
        (DialogKind.SIGN, "pin", "site tenant person document marks certificate key code"),
        (DialogKind.SIGN_BATCH, "pin", "site tenant person documents certificate key code"),
        (DialogKind.LOGIN, "pin", "site login certificate key"),
        (DialogKind.BIND, "pin", "site tenant person holder certificate key"),
        (DialogKind.ENROL, "pin", "site tenant person owner key"),
        (DialogKind.STORE, "pin", "site tenant person certificate key"),
        (DialogKind.UNLOCK, "new_pin new_pin_again", "site tenant person key code"),
        (DialogKind.CHANGE_PIN, "old_pin new_pin new_pin_again", "site key"),
    ],
)
def test_what_each_kind_tells_and_asks(
    certificate: Certificate, kind: DialogKind, fields: str, facts: str
) -> None:
    told = shown(each(certificate)[kind])
    assert " ".join(field.name for field in told.fields) == fields
    assert " ".join(line.name for line in told.lines) == facts


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_a_sheet_is_of_the_other_language(certificate: Certificate, language: Language) -> None:
    outside = (
        "site",
        "tenant",
        "person",
        "document",
        "login",
        "certificate",
        "owner",
        "holder",
        "key",
        "marks",
        "documents",
    )
    for dialog in each(certificate).values():
        told = shown(dialog, language)
        texts = [told.title, told.confirm, told.cancel, told.working, told.tries, told.last_try_label]
        texts += [line.label for line in told.lines] + [field.hint for field in told.fields]
        texts += [line.hint for line in told.lines if line.name not in outside]
        for text in {*texts} - {"", "Key"}:
            assert bool(re.search(r"[\u4e00-\u9fff]", text)) is (language == "zh"), text


def test_tries_and_the_last_one_are_told_where_the_key_counts(certificate: Certificate) -> None:
    for kind, dialog in each(certificate).items():
        dialog.tries = Tries(left=1, is_last=True)
        told = shown(dialog)
        is_counted = kind is not DialogKind.UNLOCK
        assert (told.is_last_try, told.tries_left) == ((True, 1) if is_counted else (False, None))
        assert ("还可试 1 次" in told.tries) is is_counted
        assert "口令只交给 Key" in told.tries


def test_a_key_that_locks_tells_the_way_to_unlock_it(certificate: Certificate) -> None:
    for dialog in each(certificate).values():
        dialog.refuse(Refused(Problem.PIN_LOCKED))
        for language in LANGUAGES:
            told = shown(dialog, language)
            assert (told.done_title, told.done_tone) == (WORDS[language]["locked"], "bad")
            assert WORDS[language]["locked_way"] in told.done_text
            assert told.problem_code == "PIN_LOCKED"


def test_how_it_ended_is_told_in_the_words_of_the_kind(certificate: Certificate) -> None:
    for kind, dialog in each(certificate).items():
        waiting = shown(dialog)
        assert (waiting.done_title, waiting.done_text, waiting.problem) == ("", "", None)
        dialog.remark(Refused(Problem.KEY_REMOVED))
        assert shown(dialog).last_problem_code == "KEY_REMOVED"
        dialog.refuse(Refused(Problem.PIN_CANCELLED))
        assert (shown(dialog).done_title, shown(dialog).done_tone) == (KIND_WORDS["zh"][kind]["over"], "")
    done = dialog_of(ChangePin(kinds.SOFT_1, TOOLS))
    done.finish(PinChanged(key=kinds.SOFT_1, changed_at=NOW))
    assert (shown(done).phase, shown(done).done_title, shown(done).done_tone) == (
        "signed",
        "口令已修改",
        "good",
    )


def test_pictures_are_told_by_their_addresses(certificate: Certificate) -> None:
    dialog = each(certificate)[DialogKind.SIGN]
    dialog.pictures = Pictures(PicturesState.READY, (1, 4))
    told = shown(dialog).pictures
    assert [one.url for one in told.pages] == [f"/window/{dialog.window_id}/pages/{page}" for page in (1, 4)]
    dialog.pictures = Pictures(PicturesState.FAILED, refusal=Refused(Problem.KEY_REMOVED))
    assert shown(dialog).pictures.text == Refused(Problem.KEY_REMOVED).text("zh")


def test_a_certificate_that_is_written_is_shown_with_its_seals_by_name(certificate: Certificate) -> None:
    lines = {line.name: line for line in shown(each(certificate)[DialogKind.STORE]).lines}
    assert lines["certificate"].text == certificate.owner
    assert "RSA 2048" in lines["certificate"].hint


@pytest.mark.parametrize(
    ("count", "zh", "en"),
    [
        (1, "共 1 份（一份）", "1 (one)"),
        (2, "共 2 份（两份）", "2 (two)"),
        (10, "共 10 份（十份）", "10 (ten)"),
        (12, "共 12 份（十二份）", "12 (twelve)"),
        (21, "共 21 份（二十一份）", "21 (twenty-one)"),
        (50, "共 50 份（五十份）", "50 (fifty)"),
    ],
)
def test_how_many_documents_is_said_in_figures_and_in_words(count: int, zh: str, en: str) -> None:
    assert words.counted_documents(count, "zh") == zh
    assert words.counted_documents(count, "en") == en


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_batch_lists_every_document_with_its_own_code_and_asks_for_consent(
    certificate: Certificate, language: Language
) -> None:
    act = batch_of(certificate)
    told = shown(dialog_of(act, certificate), language)
    assert [one.label for one in told.items] == ["1", "2", "3"]
    assert all(item.sign.check_code in line.hint for item, line in zip(act.items, told.items, strict=True))
    assert all("王芳" in line.hint for line in told.items)
    assert told.items[1].text == "b\ufffdfdp.exe", "nothing turns the line around"
    assert "3" in told.consent
    assert {line.name: line.text for line in told.lines}["code"] == act.check_code
    assert all(one.consent == "" and one.items == () for one in _others(certificate, language))


def _others(certificate: Certificate, language: Language) -> list[Sheet]:
    dialogs = each(certificate)
    return [shown(one, language) for kind, one in dialogs.items() if kind is not DialogKind.SIGN_BATCH]


def test_a_document_that_could_not_be_looked_at_is_struck_out_and_not_counted(
    certificate: Certificate,
) -> None:
    act = batch_of(certificate)
    act.items[1].unseen = Refused(Problem.PREPARED_UNAVAILABLE, detail="404")
    dialog = dialog_of(act, certificate)
    dialog.show(Pictures(PicturesState.READY, (1,), marked=1, places=((3, 7),), unseen=1))
    told = shown(dialog)
    assert [line.tone for line in told.items] == ["plain", "warn", "plain"]
    assert "不签" in told.items[1].hint
    assert "2 份" in told.consent
    assert (told.pictures.pages[0].label, told.pictures.again) == ("第 3 份 · 第 7 页", "重试")


def test_a_batch_that_was_signed_in_part_says_so_and_its_window_stays(certificate: Certificate) -> None:
    act = batch_of(certificate)
    act.items[0].result = SignResult(
        order_id=act.items[0].order.order_id, certificate_sha256=certificate.sha256, signature="AAAA"
    )
    act.items[0].is_kept = True
    dialog = dialog_of(act, certificate)
    dialog.finish(act.result(Refused(Problem.KEY_REMOVED)))
    told = shown(dialog)
    assert (told.phase, told.done_tone) == ("signed", "")
    assert "已签 1 份，没有签 2 份" in told.done_text
