"""`yunqian verify` as a court runs it: exit codes, both outputs, the published schema, what is asked in addition."""

import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests import conformance, schema
from tests.engine.papers import SEAL, WORLD, act, paper, seal
from tests.pki.hierarchy import revocation_list
from yunqian import cli
from yunqian.engine.marks import SealMark

SIGNED = act(paper())
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "verify.schema.json").read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A signed document and a folder of trust."""
    (tmp_path / "signed.pdf").write_bytes(SIGNED)
    trust = tmp_path / "trust"
    trust.mkdir()
    (trust / "root.der").write_bytes(WORLD.root.certificate.der)
    for number, listed in enumerate(WORLD.crls):
        (trust / f"{number}.crl").write_bytes(listed)
    (trust / "notes.pem").write_text("not a certificate")
    return tmp_path


def run(folder: Path, *options: str) -> int:
    fixed = ["--trust", str(folder / "trust"), "--at", "2026-11-22T10:00:00Z"]
    return cli.main(["verify", str(folder / "signed.pdf"), *fixed, *options])


def test_a_valid_document_exits_0_and_says_who_signed(folder: Path, capsys):
    assert run(folder) == 0
    said = capsys.readouterr().out
    assert said.startswith("验签结果：有效\n")
    for wanted in (
        "李明",
        "签名值正确",
        "Result: VALID",
        "notes.pem",
        "18:00:00（北京时间）",
        "10:00:00 UTC",
    ):
        assert wanted in said


@pytest.mark.parametrize(("language", "first"), [("zh", "验签结果：有效"), ("en", "Result: VALID")])
def test_one_language_may_be_asked_for(folder: Path, capsys, language: str, first: str):
    assert run(folder, "--lang", language) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0] == first
    assert ("Signature value" in said) is (language == "en")


def test_a_changed_document_exits_1(folder: Path, capsys):
    (folder / "signed.pdf").write_bytes(SIGNED.replace(b"841.89", b"841.88", 1))
    assert run(folder) == 1
    assert capsys.readouterr().out.startswith("验签结果：无效")


def test_without_trust_nothing_is_valid_and_3_is_the_answer(folder: Path, capsys):
    assert cli.main(["verify", str(folder / "signed.pdf")]) == 3
    assert capsys.readouterr().out.startswith("验签结果：无法确认")


@pytest.mark.parametrize("content", [paper(), b"", b"hello", SIGNED.replace(b"/FT/Sig", b"/FT/Tx ")])
def test_what_holds_no_readable_signature_exits_3(folder: Path, content: bytes):
    (folder / "signed.pdf").write_bytes(content)
    assert run(folder) == 3


def test_a_revoked_signer_exits_1(folder: Path):
    revoking = revocation_list(WORLD.issuing, [WORLD.person.certificate])
    (folder / "trust" / "0.crl").write_bytes(revoking)
    assert run(folder) == 1


def test_json_holds_the_whole_report(folder: Path, capsys):
    assert run(folder, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert schema.defects(report, SCHEMA, SCHEMA) == []
    assert (report["verdict"], report["page_count"], len(report["signatures"])) == ("valid", 2, 1)
    assert report["signatures"][0]["claimed_at"] == "2026-11-22T10:00:00+00:00"
    checks = [one["check"] for one in report["signatures"][0]["findings"]]
    assert checks == ["crypto", "coverage", "seal", "membership", "trust"]


def test_the_schema_refuses_what_is_no_report(folder: Path, capsys):
    run(folder, "--json")
    report = json.loads(capsys.readouterr().out)
    for spoil in ({"verdict": "not_applicable"}, {"sha256": "x"}, {"more": 1}, {"verified_at": None}):
        assert schema.defects({**report, **spoil}, SCHEMA, SCHEMA)
    (one,) = report["signatures"]
    assert schema.defects(
        {**report, "signatures": [{**one, "findings": one["findings"][:4]}]}, SCHEMA, SCHEMA
    )


@conformance.needed
@pytest.mark.parametrize("path", sorted(conformance.FOLDER.glob("*/*.pdf")), ids=lambda path: path.name)
def test_every_report_on_real_files_fits_the_schema(path: Path, capsys):
    code = cli.main(["verify", str(path), "--json", "--at", "2026-11-22T10:00:00Z"])
    report = json.loads(capsys.readouterr().out)
    assert schema.defects(report, SCHEMA, SCHEMA) == []
    assert code == {"invalid": 1, "indeterminate": 3}[report["verdict"]]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense", "x"],
        ["does-not-exist.pdf"],
        ["x.pdf", "--at", "yesterday"],
        [".", "--trust", "does-not-exist"],
        [__file__, "--pictures", f"{__file__}/pictures"],
        [__file__, "--lang", "fr"],
    ],
)
def test_wrong_usage_exits_2_without_a_traceback(arguments: list[str], capsys):
    assert cli.main(["verify", *arguments]) == 2
    said = capsys.readouterr().err
    assert said
    assert "Traceback" not in said


def test_the_second_opinion_stands_beside_ours(folder: Path, capsys):
    assert run(folder, "--second-opinion", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert schema.defects(report, SCHEMA, SCHEMA) == []
    opinion = report["second_opinion"]
    assert opinion["by"].startswith("pyHanko ")
    assert [(one["field"], one["verdict"]) for one in opinion["signatures"]] == [("yunqian", "valid")]
    assert run(folder, "--second-opinion") == 0
    assert "另一验证程序的意见（pyHanko" in capsys.readouterr().out


def test_a_second_opinion_that_gives_up_says_so(folder: Path, capsys):
    (folder / "signed.pdf").write_bytes(b"%PDF-1.7\nnothing")
    assert run(folder, "--second-opinion", "--json") == 3
    (one,) = json.loads(capsys.readouterr().out)["second_opinion"]["signatures"]
    assert (one["verdict"], one["detail"].startswith("gave up: ")) == ("indeterminate", True)


def test_without_the_other_verifier_that_is_said(folder: Path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    assert run(folder, "--second-opinion") == 0
    assert "没有第二意见" in capsys.readouterr().out


def test_pictures_show_the_pages_as_each_signer_signed_them(folder: Path, capsys):
    both = act(SIGNED, WORLD.company, [SealMark(1, SEAL.box, seal("合同章"))])
    (folder / "signed.pdf").write_bytes(both)
    assert run(folder, "--pictures", str(folder / "pictures"), "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert schema.defects(report, SCHEMA, SCHEMA) == []
    assert report["pictures"] == ["signature-1-page-1.png", "signature-2-page-1.png"]
    shown = []
    for name in report["pictures"]:
        with Image.open(folder / "pictures" / name) as image:
            assert image.width == 1240
            shown.append(image.convert("RGB").tobytes())
    assert shown[0] != shown[1]


def test_where_nothing_can_be_drawn_that_is_said(folder: Path, capsys):
    (folder / "signed.pdf").write_bytes(paper())
    assert run(folder, "--pictures", str(folder / "pictures")) == 3
    assert "页面图片无法生成" in capsys.readouterr().out


def test_a_name_from_a_document_cannot_steer_the_terminal(folder: Path, capsys):
    (folder / "signed.pdf").write_bytes(act(paper(), field="x\x1b[2Jy\u202ez"))
    run(folder)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said
