"""The sheet: everything a window shows of a dialog, in one language, as one message.

The client's page and the desktop window draw the same sheet, so that both say the same. Text that came from
outside is made plain here (nothing invisible, nothing that turns the line around); a page still escapes it.
"""

import unicodedata
from collections.abc import Iterator
from enum import StrEnum

from yunqian.agent.acts import Bind, Enrol, Login, Secret, Sign, SignBatch, Store, Unlock
from yunqian.agent.acts.act import counted
from yunqian.agent.acts.new_pin import MIN_CHARACTERS
from yunqian.agent.acts.sign_batch import Item
from yunqian.agent.dialog import Dialog, Pictures, PicturesState
from yunqian.agent.window import words
from yunqian.agent.window.words import KIND_WORDS, WORDS, Language
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.wire.base import Message
from yunqian.wire.batch_orders import BatchResult
from yunqian.wire.keys import DialogKind, DialogPhase

# Controls, formatting (bidi overrides among them), surrogates, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Tone(StrEnum):
    """How a line is meant: OK is checked by the client, WARN is to be noticed, CODE is compared sign by sign."""

    PLAIN = "plain"
    OK = "ok"
    WARN = "warn"
    CODE = "code"


class SheetLine(Message):
    """One line of facts; `text` may have several lines (LF)."""

    name: str
    label: str
    text: str
    hint: str = ""
    tone: Tone = Tone.PLAIN


class SheetField(Message):
    """One secret to be entered; `name` is one of `acts.Secret`."""

    name: str
    label: str
    hint: str


class SheetPage(Message):
    """The client's own picture of one page; `label` says which one it is."""

    page: int
    label: str
    url: str


class SheetPictures(Message):
    """The client's own look at what is signed: none, working, ready or failed.

    `again` names the button by which a failed look is repeated, and is empty otherwise.
    """

    state: str
    text: str
    again: str
    pages: tuple[SheetPage, ...]


class Sheet(Message):
    """What a window shows now. `is_…` are facts, everything else is text in `language`.

    `done_…` tell how it ended and are empty while it waits; `remarks` are what a window says before it sends
    anything: `new_pin_differs` and `new_pin_weak`. `items` are the documents of a batch, and `consent` the sentence
    that has to be ticked before anything is signed; both are empty for every other kind.
    """

    kind: DialogKind
    title: str
    position: str
    language: Language
    lines: tuple[SheetLine, ...]
    fields: tuple[SheetField, ...]
    confirm: str
    cancel: str
    close: str
    working: str
    phase: DialogPhase
    problem: str | None
    problem_code: str | None
    last_problem: str | None
    last_problem_code: str | None
    tries: str
    tries_left: int | None
    is_last_try: bool
    last_try_label: str
    is_demo: bool
    demo_label: str
    is_key_present: bool
    seconds_left: int
    done_title: str
    done_text: str
    done_tone: str
    remarks: dict[str, str]
    new_pin_least: int
    pictures: SheetPictures
    items: tuple[SheetLine, ...] = ()
    consent: str = ""


def plain(text: str) -> str:
    """Text of the platform for a person to judge: nothing invisible, nothing that turns the line around.

    A title with a right-to-left override reads as something else than it is; such characters are shown as �.
    """
    return "".join("\ufffd" if unicodedata.category(one) in _UNSEEN else one for one in text)


def of(dialog: Dialog, language: Language, *, is_key_present: bool, seconds_left: int) -> Sheet:
    """The sheet of a dialog as it stands."""
    said, own = WORDS[language], KIND_WORDS[language][dialog.act.kind]
    done_title, done_text, done_tone = _end(dialog, language)
    is_asked = counted(dialog.act) is not None
    return Sheet(
        kind=dialog.act.kind,
        title=own["title"],
        position=_position(dialog, language),
        language=language,
        lines=(*_lines(dialog, language), *_key_lines(dialog, language)),
        fields=tuple(_field(secret, language) for secret in dialog.act.secrets),
        confirm=own["confirm"],
        cancel=said["cancel"],
        close=said["close"],
        working=own["working"],
        phase=dialog.phase,
        problem=_text(dialog.refusal, language),
        problem_code=_code(dialog.refusal),
        last_problem=_text(dialog.last_refusal, language),
        last_problem_code=_code(dialog.last_refusal),
        tries=_tries(dialog, language) if is_asked else said["pin_notice"],
        tries_left=dialog.tries.left if is_asked else None,
        is_last_try=dialog.tries.is_last and is_asked,
        last_try_label=said["last_try"],
        is_demo=dialog.key.is_demo,
        demo_label=said["demo"],
        is_key_present=is_key_present,
        seconds_left=seconds_left,
        done_title=done_title,
        done_text=done_text,
        done_tone=done_tone,
        remarks={
            "new_pin_differs": Refused(Problem.NEW_PIN_DIFFERS).text(language),
            "new_pin_weak": Refused(Problem.NEW_PIN_WEAK, least=MIN_CHARACTERS).text(language),
        },
        new_pin_least=MIN_CHARACTERS,
        pictures=_pictures(dialog.pictures, dialog.window_id, language),
        items=tuple(_items(dialog, language)),
        consent=_consent(dialog, language),
    )


def _text(refusal: Refused | None, language: Language) -> str | None:
    return None if refusal is None else plain(refusal.text(language))


def _code(refusal: Refused | None) -> str | None:
    return None if refusal is None else refusal.problem.code


def _position(dialog: Dialog, language: Language) -> str:
    act = dialog.act
    if not isinstance(act, Sign):
        return ""
    return WORDS[language]["position"].format(position=act.order.position, total=act.order.total)


def _field(secret: Secret, language: Language) -> SheetField:
    said = WORDS[language]
    return SheetField(name=secret.value, label=said[secret.value], hint=said[f"{secret.value}_place"])


def _tries(dialog: Dialog, language: Language) -> str:
    said = WORDS[language]
    left = dialog.tries.left
    text = said["tries_unknown"] if left is None else said["tries"].format(count=left)
    return f"{text}{' ' if language == 'en' else ''}{said['pin_notice']}"


def _end(dialog: Dialog, language: Language) -> tuple[str, str, str]:
    """How it ended: title, text and tone (good, bad, or none for what simply was not done)."""
    said, own = WORDS[language], KIND_WORDS[language][dialog.act.kind]
    if dialog.phase is DialogPhase.SIGNED and isinstance(dialog.result, BatchResult):
        return _batch_end(dialog.result, language)
    if dialog.phase is DialogPhase.SIGNED:
        return own["done"], said["done_hint"], "good"
    if dialog.refusal is None:
        return "", "", ""
    text = plain(dialog.refusal.text(language))
    if dialog.refusal.problem is Problem.PIN_LOCKED:
        return said["locked"], f"{text}{' ' if language == 'en' else ''}{said['locked_way']}", "bad"
    return own["over"], text, ""


def _batch_end(result: BatchResult, language: Language) -> tuple[str, str, str]:
    """All signed, or how many were not; a window that has to say something does not close by itself."""
    said, own = WORDS[language], KIND_WORDS[language][DialogKind.SIGN_BATCH]
    done = sum(one.result is not None for one in result.outcomes)
    if done == len(result.outcomes):
        return own["done"], said["done_hint"], "good"
    left = len(result.outcomes) - done
    return said["batch_partly"], said["batch_partly_hint"].format(done=done, left=left), ""


# What is asked, kind by kind


def _lines(dialog: Dialog, language: Language) -> Iterator[SheetLine]:
    """Who asks, for whom, and for what."""
    said, act = WORDS[language], dialog.act
    yield SheetLine(
        name="site",
        label=said["site"],
        text=plain(dialog.origin),
        hint=plain(dialog.asked.platform.name),
        tone=Tone.OK,
    )
    if isinstance(act, Sign | SignBatch | Bind | Enrol | Store | Unlock):
        yield SheetLine(name="tenant", label=said["tenant"], text=plain(act.order.tenant_name))
        yield SheetLine(name="person", label=said["person"], text=plain(act.order.person_name))
    if isinstance(act, Sign):
        yield from _document_lines(act, language)
    elif isinstance(act, SignBatch):
        yield SheetLine(
            name="documents",
            label=said["documents"],
            text=words.counted_documents(len(act.items), language),
            hint=said["documents_hint"],
        )
    elif isinstance(act, Login):
        yield SheetLine(name="login", label=said["login"], text=plain(act.order.platform_name))
    elif isinstance(act, Bind):
        yield SheetLine(name="holder", label=said["holder"], text=plain(act.order.holder_name))
    elif isinstance(act, Enrol):
        algorithm = words.suite_name(act.order.algorithm)
        yield SheetLine(name="owner", label=said["owner"], text=plain(act.order.owner), hint=plain(algorithm))
    elif isinstance(act, Store):
        yield from _written_lines(act, language)


def _document_lines(act: Sign, language: Language) -> Iterator[SheetLine]:
    said, order = WORDS[language], act.order
    pages = said["pages"].format(count=order.page_count)
    yield SheetLine(name="document", label=said["document"], text=plain(order.title), hint=pages)
    marks = [plain(line) for line in words.mark_lines(order.marks, language)] or [said["no_marks"]]
    yield SheetLine(name="marks", label=said["marks"], text="\n".join(marks))


def _items(dialog: Dialog, language: Language) -> Iterator[SheetLine]:
    """Each document of a batch: what it is, from whom, what is put on it, and its own check code."""
    if isinstance(dialog.act, SignBatch):
        for item in dialog.act.items:
            yield _item_line(item, language)


def _item_line(item: Item, language: Language) -> SheetLine:
    said, order = WORDS[language], item.order
    marks = [plain(line) for line in words.mark_lines(order.marks, language)] or [said["no_marks"]]
    facts = [
        said["sent_by"].format(name=plain(item.initiator_name)),
        said["pages"].format(count=order.page_count),
        *marks,
        said["item_code"].format(code=item.sign.check_code),
    ]
    reason = item.refusal or item.unseen
    if item.result is not None:
        facts.append(said["item_signed"])
    elif reason is not None:
        facts.append(said["item_left_out"].format(reason=plain(reason.text(language))))
    return SheetLine(
        name="item",
        label=str(item.number),
        text=plain(order.title),
        hint=" · ".join(facts),
        tone=Tone.WARN if reason is not None else Tone.PLAIN,
    )


def _consent(dialog: Dialog, language: Language) -> str:
    act = dialog.act
    if not isinstance(act, SignBatch):
        return ""
    count = sum(item.refusal is None and item.unseen is None for item in act.items)
    return WORDS[language]["consent"].format(count=count)


def _written_lines(act: Store, language: Language) -> Iterator[SheetLine]:
    if act.certificate is not None:
        yield _certificate_line(act.certificate, language)
    if act.seals:
        names = "\n".join(plain(name) for name in act.seal_names)
        yield SheetLine(name="seals", label=WORDS[language]["seals"], text=names)


def _key_lines(dialog: Dialog, language: Language) -> Iterator[SheetLine]:
    """Which certificate, which key, and the code to be compared."""
    said, act = WORDS[language], dialog.act
    if dialog.certificate is not None:
        yield _certificate_line(dialog.certificate, language)
    yield SheetLine(
        name="key",
        label=said["key"],
        text=plain(dialog.key.label),
        hint=plain(said["serial"].format(serial=dialog.key.serial)),
    )
    if isinstance(act, Sign | SignBatch):
        yield SheetLine(
            name="code", label=said["code"], text=act.check_code, hint=said["code_hint"], tone=Tone.CODE
        )
    elif isinstance(act, Unlock):
        yield SheetLine(
            name="code",
            label=said["request_code"],
            text=act.code,
            hint=said["request_code_hint"],
            tone=Tone.CODE,
        )


def _certificate_line(certificate: Certificate, language: Language) -> SheetLine:
    said = WORDS[language]
    begin, end = (
        f"{at.astimezone():%Y-%m-%d}" for at in (certificate.not_before_at, certificate.not_after_at)
    )
    algorithm = words.algorithm(certificate.key_algorithm, certificate.key_bits)
    return SheetLine(
        name="certificate",
        label=said["certificate"],
        text=plain(certificate.owner),
        hint=plain(f"{algorithm} · {said['validity'].format(begin=begin, end=end)}"),
    )


def _pictures(pictures: Pictures, window_id: str, language: Language) -> SheetPictures:
    said, total = WORDS[language], len(pictures.pages)
    text = said[f"pictures_{pictures.state.value}"]
    if pictures.marked > total:
        text = said["pictures_first"].format(shown=total, marked=pictures.marked)
    if pictures.unseen:
        text = said["pictures_unseen"].format(count=pictures.unseen)
    return SheetPictures(
        state=pictures.state.value,
        text=text if pictures.refusal is None else plain(pictures.refusal.text(language)),
        again=said["pictures_again"] if pictures.state is PicturesState.FAILED or pictures.unseen else "",
        pages=tuple(
            SheetPage(
                page=page,
                label=_picture_label(pictures, page, language),
                url=f"/window/{window_id}/pages/{page}",
            )
            for page in pictures.pages
        ),
    )


def _picture_label(pictures: Pictures, picture: int, language: Language) -> str:
    """Which page it shows; of a batch also which document."""
    said = WORDS[language]
    if not pictures.places:
        return said["pictures_page"].format(page=picture)
    number, page = pictures.places[picture - 1]
    return said["pictures_place"].format(number=number, page=page)
