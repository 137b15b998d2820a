"""A report as text that a clerk or a judge reads: the result first, then every signature with its five answers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

from yunqian.engine.report import Finding, LaterChange, Report, SignatureReport, Verdict

_BEIJING = timezone(timedelta(hours=8))
_SIGNS = {Verdict.VALID: "✓", Verdict.INVALID: "✗", Verdict.INDETERMINATE: "?", Verdict.NOT_APPLICABLE: "–"}
_RULE = "─" * 40

_ZH = {
    "result": "验签结果",
    Verdict.VALID: "有效",
    Verdict.INVALID: "无效",
    Verdict.INDETERMINATE: "无法确认",
    Verdict.NOT_APPLICABLE: "不适用",
    "digest": "文件摘要 SHA-256",
    "extent": "共 {pages} 页，{revisions} 版；检查时间 {at}",
    "signature": "签名 {number}",
    "timestamp": "文件时间戳 {number}",
    "issuer": "证书由“{issuer}”签发",
    "where": "字段 {fields}；外观在第 {pages} 页；算法 {algorithm}",
    "revision": "签的是文件的第 {revision} 版（前 {size} 字节）",
    "claimed": "签名时间 {at}（签名软件所述）",
    "stamped": "签名时间 {at}（时间戳证明）",
    "proven": "不晚于 {at} 已存在（时间戳证明）",
    "later": "签名之后的改动：",
    "change": "第 {revision} 版：{told}",
    "attention": "（需要注意）",
    "crypto": "签名值是否正确",
    "coverage": "签后有无改动",
    "seal": "印章是否真实",
    "membership": "是否有权用章",
    "trust": "证书与时间",
    "opinion": "另一验证程序的意见（{by}）：",
    "no opinion": "另一验证程序（pyHanko）没有安装，没有第二意见。",
    "pictures": "签署时的页面图片：{names}",
    "no pictures": "页面图片无法生成。",
    "list": "、",
    "colon": "：",
}
_EN = {
    "result": "Result",
    Verdict.VALID: "VALID",
    Verdict.INVALID: "NOT VALID",
    Verdict.INDETERMINATE: "CANNOT BE CONFIRMED",
    Verdict.NOT_APPLICABLE: "not applicable",
    "digest": "SHA-256 of the file",
    "extent": "pages: {pages}, revisions: {revisions}; judged as of {at}",
    "signature": "Signature {number}",
    "timestamp": "Document time stamp {number}",
    "issuer": "certificate issued by “{issuer}”",
    "where": "fields {fields}; seen on page {pages}; algorithm {algorithm}",
    "revision": "signed revision {revision} of the file (its first {size} bytes)",
    "claimed": "signed at {at} (as the signing software says)",
    "stamped": "signed at {at} (attested by a time stamp)",
    "proven": "was there by {at} (attested by a time stamp)",
    "later": "Changes after this signature:",
    "change": "revision {revision}: {told}",
    "attention": " (look at this)",
    "crypto": "Signature value",
    "coverage": "Changed since",
    "seal": "Seal genuine",
    "membership": "Entitled to the seal",
    "trust": "Certificate and time",
    "opinion": "Another verifier's opinion ({by}):",
    "no opinion": "The other verifier (pyHanko) is not installed, so there is no second opinion.",
    "pictures": "Pictures of the pages as signed: {names}",
    "no pictures": "Pictures of the pages cannot be made.",
    "list": ", ",
    "colon": ": ",
}


def text(report: Report, more: dict[str, Any], *, language: Literal["zh", "en", "both"]) -> str:
    """The whole report. `more` may hold `second_opinion` and `pictures`.

    What comes from the document or a certificate cannot steer the terminal: control characters are replaced.
    """
    chosen = {"zh": ["zh"], "en": ["en"], "both": ["zh", "en"]}[language]
    parts = ["\n".join(map(_harmless, _Speaker(one).lines(report, more))) for one in chosen]
    return f"\n{_RULE}\n".join(parts) + "\n"


def _harmless(line: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in line)


class _Speaker:
    """One language."""

    def __init__(self, language: str) -> None:
        self._is_zh = language == "zh"
        self._words: dict[str, str] = {str(key): word for key, word in (_ZH if self._is_zh else _EN).items()}

    def _say(self, key: str, **facts: object) -> str:
        return self._words[key].format(**facts)

    def _told(self, told: Finding | LaterChange) -> str:
        return told.zh if self._is_zh else told.en

    def _time(self, at: datetime) -> str:
        if self._is_zh:
            return f"{at.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}（北京时间）"
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

    def lines(self, report: Report, more: dict[str, Any]) -> Iterator[str]:
        """Line by line."""
        yield f"{self._say('result')}{self._say('colon')}{self._say(report.verdict)}"
        yield f"{self._say('digest')}{self._say('colon')}{report.sha256}"
        yield self._say(
            "extent",
            pages=report.page_count or "?",
            revisions=report.revision_count or "?",
            at=self._time(report.verified_at),
        )
        yield from report.notes_zh if self._is_zh else report.notes_en
        for number, one in enumerate(report.signatures, start=1):
            yield ""
            yield from self._signature(number, one)
        yield from self._more(more)

    def _signature(self, number: int, one: SignatureReport) -> Iterator[str]:
        kind = "timestamp" if one.is_timestamp else "signature"
        yield f"{self._say(kind, number=number)}{self._say('colon')}{self._say(one.verdict)}  {one.signer or '?'}"
        indented: Callable[[str], str] = "  {}".format
        yield from map(indented, self._facts(one))
        for finding in one.findings:
            answer = f"{_SIGNS[finding.verdict]} {self._say(finding.check)}{self._say('colon')}"
            yield f"  {answer}{self._say(finding.verdict)} — {self._told(finding)}"
        if one.later:
            yield f"  {self._say('later')}"
        for change in one.later:
            attention = "" if change.is_allowed else self._say("attention")
            said = self._say("change", revision=change.revision, told=self._told(change))
            yield f"    {said}{attention}"

    def _facts(self, one: SignatureReport) -> Iterator[str]:
        if one.issuer:
            yield self._say("issuer", issuer=one.issuer)
        comma = self._say("list")
        yield self._say(
            "where",
            fields=comma.join(one.fields),
            pages=comma.join(map(str, one.pages)) or "–",
            algorithm=one.algorithm or "?",
        )
        if one.revision is not None:
            yield self._say("revision", revision=one.revision, size=one.signed_bytes)
        if one.stamped_at is not None:
            yield self._say("stamped", at=self._time(one.stamped_at))
        elif one.claimed_at is not None:
            yield self._say("claimed", at=self._time(one.claimed_at))
        if one.proven_at is not None and one.proven_at != one.stamped_at:
            yield self._say("proven", at=self._time(one.proven_at))

    def _more(self, more: dict[str, Any]) -> Iterator[str]:
        opinion = more.get("second_opinion")
        if opinion is not None and opinion["by"] is None:
            yield from ("", self._say("no opinion"))
        elif opinion is not None:
            yield from ("", self._say("opinion", by=opinion["by"]))
            for one in opinion["signatures"]:
                yield f"  {one['field']}{self._say('colon')}{self._say(one['verdict'])} — {one['detail']}"
        pictures = more.get("pictures")
        if pictures is not None:
            names = self._say("list").join(pictures)
            yield from ("", self._say("pictures", names=names) if names else self._say("no pictures"))
