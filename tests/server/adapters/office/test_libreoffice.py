"""Word documents converted by the real LibreOffice behind the real walls, hostile ones too."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from tests import needs, words
from tests.words import CONTRACT, docx, line
from yunqian.engine.intake import Limits
from yunqian.problems import Problem, Refused
from yunqian.server.adapters import confinement, office
from yunqian.server.adapters.intake import sandbox
from yunqian.server.adapters.office import libreoffice

pytestmark = [
    pytest.mark.usefixtures("no_database"),
    needs.program("soffice"),
    needs.program("bwrap"),
    needs.program("pdftotext"),
    needs.namespaces(),
]


def convert(document: bytes) -> office.Converted:
    return office.current().convert(document)


def refusal(document: bytes) -> Problem:
    with pytest.raises(Refused) as refused:
        convert(document)
    return refused.value.problem


def text(document: bytes) -> str:
    asked = ["pdftotext", "-", "-"]
    return subprocess.run(asked, input=document, capture_output=True, check=True).stdout.decode()


def codes(converted: office.Converted) -> list[str]:
    return [remark.code for remark in converted.remarks]


def fonts(document: bytes) -> list[str]:
    """The fonts of the first page, by their PDF names without the prefix of the subset."""
    with pikepdf.open(BytesIO(document)) as pdf:
        return sorted(str(font.BaseFont).partition("+")[2] for font in pdf.pages[0].Resources.Font.values())


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and who called it."""
    callers: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                try:
                    caller, _ = server.accept()
                except TimeoutError:
                    continue
                callers.append(caller.recv(1000).decode(errors="replace"))
                caller.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", callers
        ended.set()
        thread.join()


def test_a_contract_becomes_a_pdf_that_intake_takes():
    converted = convert(CONTRACT)
    assert codes(converted) == ["DOCUMENT_CONVERTED"]
    accepted = sandbox.accept(converted.document, Limits())
    assert len(accepted.pages) == 2
    assert "采购合同" in text(accepted.document)
    assert "DOCUMENT_FONT_NOT_EMBEDDED" not in {remark.code for remark in accepted.remarks}


def test_song_hei_and_kai_do_not_look_alike():
    song, hei, kai = (
        fonts(convert(docx(line("合同文本，“甲方”", font))).document) for font in ("宋体", "黑体", "楷体")
    )
    assert len({tuple(song), tuple(hei), tuple(kai)}) == 3
    assert "Serif" in song[0]
    assert "Sans" in hei[0]


def test_the_older_kind_is_converted_too(tmp_path: Path):
    source = tmp_path / "contract.docx"
    source.write_bytes(CONTRACT)
    profile = (tmp_path / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "doc:MS Word 97"]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(source)], capture_output=True, check=True, timeout=120
    )
    older = (tmp_path / "contract.doc").read_bytes()
    assert older.startswith(bytes.fromhex("d0cf11e0"))
    assert "采购合同" in text(convert(older).document)


def test_nothing_that_lies_elsewhere_is_fetched(listener: tuple[str, list[str]], tmp_path: Path):
    address, callers = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET-OF-THE-SERVER")
    relations = "".join(
        (
            words.relation("rId1", "attachedTemplate", f"{address}/template.dotm"),
            words.relation("rId2", "image", f"{address}/picture.png"),
            words.relation("rId3", "image", secret.as_uri()),
            words.relation("rId4", "oleObject", f"{address}/object.docx"),
        )
    )
    body = (words.linked_picture("rId2"), words.linked_picture("rId3"), line("看得见的正文"))
    settings = f'<w:settings {words.NAMESPACES}><w:attachedTemplate r:id="rId1"/></w:settings>'.encode()
    converted = convert(docx(*body, relations=relations, parts={"word/settings.xml": settings}))
    assert codes(converted) == ["DOCUMENT_CONVERTED", "DOCUMENT_LINKS_LEFT_OUT"]
    assert callers == []
    shown = text(converted.document)
    assert "看得见的正文" in shown
    assert "SECRET" not in shown


def test_text_that_another_file_would_give_is_not_there(tmp_path: Path):
    """INCLUDETEXT and DDE fields, which fetch when a document is opened."""
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET-OF-THE-SERVER")
    fields = "".join(
        f'<w:p><w:fldSimple w:instr="{instruction}"><w:r><w:t>原文</w:t></w:r></w:fldSimple></w:p>'
        for instruction in (f"INCLUDETEXT &quot;{secret}&quot;", "DDEAUTO sh -c &quot;id&quot;")
    )
    assert "SECRET" not in text(convert(docx(fields, line("x"))).document)


def test_an_embedded_object_stays_a_picture():
    embedded = docx(
        line("x"), parts={"word/embeddings/oleObject1.bin": bytes.fromhex("d0cf11e0a1b11ae1") * 64}
    )
    assert codes(convert(embedded)) == ["DOCUMENT_CONVERTED", "DOCUMENT_OBJECTS_AS_PICTURES"]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (docx(line("x"), kind=words.MACROS), Problem.WORD_HAS_MACROS),
        (docx(line("x"), parts={"word/document.xml": b"no xml"}), Problem.WORD_NOT_CONVERTED),
        (CONTRACT[:-200], Problem.WORD_NOT_CONVERTED),
        (docx(line("x"), kind="application/zip"), Problem.DOCUMENT_NOT_PDF),
    ],
    ids=["macros", "broken part", "cut off", "other archive"],
)
def test_what_is_not_taken_is_refused_with_its_reason(document: bytes, problem: Problem):
    assert refusal(document) is problem


def test_two_at_once_are_two_documents():
    """Two conversions on one profile: the second ends without a word and without a PDF."""
    wanted = [docx(line(f"第{number}份")) for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(convert, wanted))
    assert ["第0份" in text(made[0].document), "第1份" in text(made[1].document)] == [True, True]


def test_a_bomb_that_lies_about_itself_meets_the_limits():
    """Much text in one part, said to be a few bytes."""
    whole = docx(line("甲" * 400) * 300_000)
    shrunk = bytearray(whole)
    at = whole.rfind(b"word/document.xml", 0, whole.rfind(b"word/_rels")) - 46
    assert whole[at : at + 4] == b"PK\x01\x02"
    shrunk[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    assert refusal(bytes(shrunk)) in (Problem.WORD_NOT_CONVERTED, Problem.INTAKE_TIMEOUT)


def test_one_that_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(libreoffice, "WALL_SECONDS", 0.3)
    assert refusal(CONTRACT) is Problem.INTAKE_TIMEOUT


def test_without_walls_or_without_the_program_no_word_document_is_taken(monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(confinement, "has_scratch", lambda: False)
        assert office.current().is_available() is False
        assert refusal(CONTRACT) is Problem.WORD_NOT_OFFERED
    monkeypatch.setattr(libreoffice, "_PROGRAM", "no-such-program")
    assert office.current().is_available() is False
    assert refusal(CONTRACT) is Problem.WORD_NOT_OFFERED
