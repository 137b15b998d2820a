"""docs/agent-protocol.md: its generated parts, which show every message of the protocol as the vectors hold it.

Routes and what is said of them are told here; refusals and examples come from the vectors, so that the page cannot
say what no client answers. A test compares the routes with those of the real application.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "agent-protocol.md"
_LONGEST = 72
_HEAD, _TAIL = 24, 8

ROUTES = (
    ("GET", "/hello", "", "Hello", "who answers, and whether a newer client was seen"),
    ("GET", "/keys", "", "KeyList", "all keys plugged in now"),
    ("POST", "/dialogs", "SignedOrder", "DialogOpened", "an order of any kind; its dialog is opened"),
    ("GET", "/dialogs/{dialog_id}", "", "DialogState", "how it stands; `?wait=` 0 to 25 s for a change"),
    ("DELETE", "/dialogs/{dialog_id}", "", "DialogState", "the page gives up"),
    ("POST", "/pin-changes", "PinChangeAsked", "DialogOpened", "the dialog in which a PIN is changed"),
    ("POST", "/unlock-requests", "NamedKey", "UnlockRequest", "for the certificate authority's desk"),
    ("GET", "/events", "WebSocket", "KeyList", "at once and at every change"),
    ("GET", "/window/{window_id}/sheet", "", "Sheet", "what the window shows now; `?lang=zh` or `en`"),
    ("GET", "/window/{window_id}/pages/{page}", "", "Picture", "one marked page as the client drew it, PNG"),
    ("POST", "/window/{window_id}/pages", "", "Sheet", "the client is to look at the document once more"),
    ("POST", "/window/{window_id}/confirm", "secrets", "Sheet", "what the person entered"),
    ("POST", "/window/{window_id}/cancel", "", "Sheet", "the person gives up"),
)
# What each example shows: its heading, the scene, and the number of the step there (from 1).
EXAMPLES = (
    ("Hello", "hello", 1),
    ("Hello, with a desktop window", "desktop", 1),
    ("Hello, when a newer client was seen", "hello", 3),
    ("KeyList: soft, behind PKCS#11, behind GM/T 0016; locked, with its factory PIN, empty", "keys", 1),
    ("KeyList, after a seal was written", "keys", 4),
    ("A frame of WebSocket /events", "events", 2),
    ("The frame after a key was pulled out", "events", 4),
    ("DialogOpened, for an order to sign", "sign", 1),
    ("DialogOpened, where the client shows its own window", "desktop", 2),
    ("DialogState, waiting", "sign", 5),
    ("The window's Sheet, in Chinese", "sign", 3),
    ("The same Sheet in English", "sign", 4),
    ("The person enters the PIN", "sign", 6),
    ("The window's Sheet with the marked page", "sign-seen", 3),
    ("DialogState with SignResult", "sign", 7),
    ("The window's Sheet for a batch", "sign-batch", 3),
    ("DialogState with BatchResult", "sign-batch", 8),
    ("DialogState of a batch, of which one document is settled", "sign-batch-begun", 4),
    ("DialogState with BatchResult, of which one document could not be looked at", "sign-batch-partly", 7),
    ("DialogState with LoginResult", "login", 6),
    ("DialogState with BindResult", "bind", 6),
    ("DialogState with EnrolResult", "enrol", 6),
    ("DialogState with StoreResult", "store", 6),
    ("NamedKey and UnlockRequest", "unlock", 2),
    ("The window's Sheet for unlocking", "unlock", 5),
    ("DialogState with UnlockResult", "unlock", 8),
    ("PinChangeAsked and DialogOpened", "change-pin", 1),
    ("The window's Sheet for a new PIN", "change-pin", 3),
    ("DialogState with PinChanged", "change-pin", 6),
    ("DialogState after a wrong PIN", "wrong-pin", 3),
    ("DialogState when the PIN is locked", "wrong-pin", 10),
    ("DialogState when the person cancelled", "cancelled", 2),
    ("DialogState when the driver died in the middle of the act", "driver-stopped", 3),
    ("ProblemReport of an order that is not genuine", "wrong-orders", 5),
    ("ProblemReport for a page of nobody's", "strangers", 2),
)
_ORDERS = (
    ("sign", "SignOrder"),
    ("sign-seen", "SignOrder that tells where the bytes are"),
    ("batch", "BatchOrder"),
    ("login", "LoginOrder"),
    ("bind", "BindOrder"),
    ("enrol", "EnrolOrder"),
    ("store", "StoreOrder"),
    ("unlock", "UnlockOrder"),
)


def page_text() -> str:
    """The page with its generated parts as they are now."""
    from tools import protocol_vectors

    return page_of(json.loads(protocol_vectors.vectors_text()))


def page_of(found: dict[str, Any]) -> str:
    """The page with the parts that these vectors give."""
    parts = {
        "messages": messages(),
        "refusals": refusals(found),
        "orders": orders(found),
        "examples": examples(found),
    }
    text = PAGE.read_text("utf-8")
    for name, part in parts.items():
        begins, ends = f"<!-- {name}: made by make generate -->", f"<!-- end of {name} -->"
        before, begin, rest = text.partition(begins)
        _, end, after = rest.partition(ends)
        if not begin or not end:
            raise SystemExit(f"{PAGE.name} has lost its markers of {name}")
        text = f"{before}{begin}\n\n{part}\n\n{end}{after}"
    return text


def messages() -> str:
    """Every request that carries a message."""
    rows = [
        f"| `{method} {path}` | {f'`{body}`' if body else ''} | `{answer}` | {note} |"
        for method, path, body, answer, note in ROUTES
    ]
    return "\n".join(["| request | body | answer | what |", "|---|---|---|---|", *rows])


def refusals(found: dict[str, Any]) -> str:
    """What each request was refused with in the scenes: at once, and as the end or a remark of its dialog."""
    rows = []
    for method, path, *_ in ROUTES:
        at_once: dict[str, int] = {}
        later: list[str] = []
        for step in _steps(found, method, path):
            answer = step["answer"]
            if step["shape"] == "ProblemReport":
                at_once[answer["code"]] = answer["status"]
            elif step["shape"] != "Picture":
                later += [code for code in told(answer) if code not in later]
        if at_once or later:
            codes = ", ".join(f"{status} `{code}`" for code, status in sorted(at_once.items()))
            rows.append(
                f"| `{method} {path}` | {codes} | {', '.join(f'`{code}`' for code in sorted(later))} |"
            )
    return "\n".join(["| request | refused at once | told in the answer |", "|---|---|---|", *rows])


def _steps(found: dict[str, Any], method: str, path: str) -> Iterator[dict[str, Any]]:
    pattern = re.compile(re.sub(r"\{\w+\}", r"[\\w-]+", path) + r"(\?.*)?")
    for scene in found["scenes"]:
        for step in scene["steps"]:
            if step.get("method") == method and pattern.fullmatch(step["path"]):
                yield step


def told(answer: dict[str, Any]) -> list[str]:
    """The problems of a state or a sheet."""
    of_state = (answer.get(name) for name in ("problem", "last_problem"))
    of_sheet = (answer.get(name) for name in ("problem_code", "last_problem_code"))
    return [one["code"] for one in of_state if isinstance(one, dict)] + [one for one in of_sheet if one]


def orders(found: dict[str, Any]) -> str:
    """Each kind of order: its text, parsed for the eye, and what is sent for it."""
    parts = []
    for name, title in _ORDERS:
        order = found["orders"][name]
        parts += [f"**{title}**", _block(json.loads(order["payload"]))]
    parts += [
        "**SignedOrder**: the text of the first one, and the signature over it",
        _block(found["orders"]["sign"]),
    ]
    return "\n\n".join(parts)


def examples(found: dict[str, Any]) -> str:
    """One message after another."""
    scenes = {scene["name"]: scene["steps"] for scene in found["scenes"]}
    parts = []
    for title, scene, number in EXAMPLES:
        step = scenes[scene][number - 1]
        parts += [f"**{title}** (scene `{scene}`)", "\n".join(_lines(step))]
    for name, title in (
        ("card", "PlatformCard"),
        ("release", "Release"),
        ("signed-release", "SignedRelease"),
    ):
        parts += [f"**{title}**", _block(found["messages"][name]["message"])]
    return "\n\n".join(parts)


def _lines(step: dict[str, Any]) -> Iterator[str]:
    if "frame" in step:
        yield _block(step["frame"])
        return
    yield f"`{step['method']} {step['path']}` → {step['status']} `{step['shape']}`\n"
    if "body" in step:
        yield f"{_block(step['body'])}\n"
    if "order" in step:
        yield f"The body is the order `{step['order']}`.\n"
    if "secrets" in step:
        yield "The body is what was entered, never written down anywhere.\n"
    yield _block(step["answer"])


def _block(message: Any) -> str:
    return f"```json\n{json.dumps(_shortened(message), ensure_ascii=False, indent=1)}\n```"


def _shortened(value: Any) -> Any:
    """The same with long runs of base 64 and the like told by their length."""
    if isinstance(value, dict):
        return {name: _shortened(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shortened(one) for one in value]
    if isinstance(value, str) and len(value) > _LONGEST and " " not in value:
        return f"{value[:_HEAD]}… {len(value)} characters …{value[-_TAIL:]}"
    return value
