"""docs/manual/steps.md: each step of the platform's manual, and the scenes in which a browser really does it.

Read from the sources of the scenes (`with step(desk, "4.1.2"):` inside a test), so the table cannot promise a scene
that is not there; the house test test_manual.py finds steps that have none.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCENES = ROOT / "tests" / "scenes"


def steps() -> dict[str, str]:
    """Number and name of every step, as tests/scenes/steps.py lists them."""
    for node in ast.parse((SCENES / "steps.py").read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "STEPS":
            listed: dict[str, str] = ast.literal_eval(node.value)
            return listed
    raise LookupError("tests/scenes/steps.py lists no STEPS")


def _calls(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """The steps inside one test: number, and the picture that is taken there or an empty text."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "step" and len(node.args) > 1:
            number = node.args[1]
            picture = next((one.value for one in node.keywords if one.arg == "picture"), None)
            if isinstance(number, ast.Constant):
                yield str(number.value), str(picture.value) if isinstance(picture, ast.Constant) else ""


def scenes() -> dict[str, list[tuple[str, str]]]:
    """For each step the tests that do it (`file::test`), with the picture taken."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(SCENES.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number, picture in _calls(node):
                    found.setdefault(number, []).append((f"{path.name}::{node.name}", picture))
    return found


def _is_there(picture: str) -> bool:
    """Whether a picture was asked for and `make screenshots` has taken it."""
    return bool(picture) and (ROOT / "docs" / "manual" / "images" / f"{picture}.png").exists()


def page_text() -> str:
    """The whole page."""
    done = scenes()
    rows = []
    for number, name in steps().items():
        tests = "<br>".join(f"`{test}`" for test, _ in done.get(number, []))
        pictures = " ".join(f"[{one}](images/{one}.png)" for _, one in done.get(number, []) if _is_there(one))
        rows.append(f"| {number} | {name} | {tests} | {pictures} |")
    head = [
        "# 手册步骤与场景测试 · Steps of the manual and their scenes",
        "",
        (
            "由 `make generate` 从 `tests/scenes` 生成，请勿手改。每一步都由浏览器里的场景测试真正做一遍，"
            "签名用的是经安全客户端访问的 SoftHSM2 Key。"
        ),
        "",
        (
            "Made from `tests/scenes` by `make generate`; do not edit. A browser really does every step, "
            "with keys in SoftHSM2 through the security client."
        ),
        "",
        "| 步骤 | 手册 | 场景 scene | 图 picture |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"
