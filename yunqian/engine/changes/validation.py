"""What an update did that pages do not show: validation data, metadata, extensions (ETSI EN 319 142-1 §5.4.2)."""

from xml.parsers import expat

from yunqian.engine.changes.pair import Change, Pair, changed, number_of
from yunqian.engine.changes.sections import decoded
from yunqian.engine.changes.values import Reference, Stream, Unsound, Value

_HARMLESS = {"/Extensions", "/MarkInfo", "/Version"}
_JUDGED_ELSEWHERE = {"/AcroForm", "/DSS", "/Metadata", "/Names", "/Pages", "/StructTreeRoot"}
_STORE_LISTS = ("/Certs", "/CRLs", "/OCSPs")
_STORE_KEYS = {"/Type", "/VRI", *_STORE_LISTS}
_VRI_LISTS = ("/Cert", "/CRL", "/OCSP")
_VRI_KEYS = {"/Type", "/TU", "/TS", *_VRI_LISTS}


def judge(pair: Pair) -> None:
    """The catalog's own entries, the security store, metadata, the information dictionary."""
    root = pair.new.trailer.get("/Root")
    if root != pair.old.trailer.get("/Root") or pair.old.trailer.get("/Encrypt") != pair.new.trailer.get(
        "/Encrypt"
    ):
        pair.undefined("换了另一个文件目录", "another catalog or encryption")
    pair.explain(root)
    old, new = pair.old.root, pair.new.root
    keys = changed(old, new)
    if keys - _HARMLESS - _JUDGED_ELSEWHERE:
        names = " ".join(sorted(keys - _HARMLESS - _JUDGED_ELSEWHERE))
        pair.undefined(f"改动了文件目录（{names}）", f"the catalog was changed ({names})")
    for key in sorted(_HARMLESS):
        _judge_harmless(pair, old.get(key), new.get(key))
    _judge_names(pair, old.get("/Names"), new.get("/Names"))
    _judge_metadata(pair, old.get("/Metadata"), new.get("/Metadata"))
    _judge_information(pair, pair.old.trailer.get("/Info"), pair.new.trailer.get("/Info"))
    _judge_store(pair, old.get("/DSS"), new.get("/DSS"))


def _root(pair: Pair) -> set[int]:
    return {number_of(pair.old.trailer.get("/Root"))}


def _is_touched(pair: Pair, value: Value) -> bool:
    return isinstance(value, Reference) and value.number in pair.touched


def _judge_harmless(pair: Pair, old: Value, new: Value) -> None:
    if old == new and not _is_touched(pair, old):
        return
    if (old is not None and new is None) or not pair.follows(old, new, only_by=_root(pair)):
        pair.undefined("改动了文件目录", "the catalog was changed")
    else:
        pair.say(Change.EXTENSION)


def _judge_names(pair: Pair, old: Value, new: Value) -> None:
    """Pictures for annotations may be named; scripts and attachments are another matter."""
    before, after = pair.old.entries(old), pair.new.entries(new)
    if old == new and not _is_touched(pair, old):
        return
    if changed(before, after) <= {"/AP"} and pair.follows(old, new, only_by=_root(pair)):
        pair.say(Change.ANNOTATION, zh="增加了批注的图样", en="pictures for annotations were added")
    else:
        pair.undefined("改动了文件的名称表", "the document's names were changed")


def _judge_metadata(pair: Pair, old: Value, new: Value) -> None:
    if old == new and not _is_touched(pair, old):
        return
    described = pair.new.resolved(new)
    fine = isinstance(described, Stream) and is_metadata(described)
    if old == new and fine:
        fine = pair.explain(old, only_by=_root(pair))
    else:
        fine = fine and pair.is_new(new)
    if fine:
        pair.say(Change.EXTENSION)
    else:
        pair.undefined("元数据被替换为别的内容", "metadata was replaced by something else")


def is_metadata(stream: Stream) -> bool:
    """Whether a stream is well-formed XMP without entities (ISO 16684-1)."""
    if stream.entries.get("/Type", "/Metadata") != "/Metadata":
        return False
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _: found.append(name) if not found else None
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(decoded(stream).rstrip(b"\x00"), True)
    except (expat.ExpatError, Unsound, ValueError):
        return False
    return bool(found) and found[0].rpartition(":")[2] in {"xmpmeta", "xapmeta", "RDF"}


def _refuse_doctype(*_: object) -> None:
    raise Unsound("metadata with a document type")


def _judge_information(pair: Pair, old: Value, new: Value) -> None:
    if old == new and not _is_touched(pair, old):
        return
    if new is None or (isinstance(pair.new.resolved(new), dict) and pair.follows(old, new, only_by=())):
        pair.say(Change.EXTENSION)
    else:
        pair.undefined(
            "文件信息被替换为别的内容", "the information dictionary was replaced by something else"
        )


def _judge_store(pair: Pair, old: Value, new: Value) -> None:
    """The document security store may grow and be renewed; it holds lists of streams and nothing else."""
    before, after = pair.old.entries(old), pair.new.entries(new)
    if new is None:
        if old is not None:
            pair.undefined("移除了验证资料", "validation data was removed")
        return
    parts = len(pair.touched)
    owners = {old.number} if isinstance(old, Reference) else _root(pair)
    fine = pair.follows(old, new, only_by=_root(pair)) and not after.keys() - _STORE_KEYS
    fine = fine and all(_lists_streams(pair, before.get(key), after.get(key), owners) for key in _STORE_LISTS)
    fine = fine and _follows_vri(pair, before.get("/VRI"), after.get("/VRI"), owners)
    if not fine:
        pair.undefined("验证资料不合规范", "the security store is not as it should be")
    elif old != new or before != after or len(pair.touched) != parts:
        pair.say(Change.EXTENSION)


def _lists_streams(pair: Pair, old: Value, new: Value, owners: set[int]) -> bool:
    """A list of streams, whose own number nobody else uses where it is overwritten."""
    if old == new and not _is_touched(pair, old):
        return True
    if new is None:
        return old is None
    listed = pair.new.resolved(new)
    if not isinstance(listed, list) or not pair.follows(old, new, only_by=owners):
        return False
    before = pair.old.listed(old)
    return all(
        isinstance(one, Reference) and isinstance(pair.new.resolved(one), Stream)
        for one in listed
        if one not in before
    )


def _follows_vri(pair: Pair, old: Value, new: Value, owners: set[int]) -> bool:
    """Validation data per signature: what is there stays, what is new is a dictionary of lists."""
    if old == new and not _is_touched(pair, old):
        return True
    before, after = pair.old.entries(old), pair.new.entries(new)
    if new is None or not pair.follows(old, new, only_by=owners):
        return False
    if any(after.get(key) != value for key, value in before.items()):
        return False
    return all(_is_vri(pair, after[key]) for key in after.keys() - before.keys() - {"/Type"})


def _is_vri(pair: Pair, value: Value) -> bool:
    entries = pair.new.resolved(value)
    if not isinstance(entries, dict) or entries.keys() - _VRI_KEYS or not pair.is_new(value):
        return False
    return all(_lists_streams(pair, None, entries.get(key), set()) for key in _VRI_LISTS)
