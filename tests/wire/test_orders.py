"""The check code is the same in the security client (Python) and in the page (web/src/agent/check-code.ts)."""

import base64
import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from yunqian.wire.orders import SignedOrder, check_code

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "check-code.json"
CASES = json.loads(VECTORS.read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["check_code"] for case in CASES])
def test_the_code_is_the_one_that_the_page_computes_too(case: dict[str, str]) -> None:
    assert check_code(base64.b64decode(case["to_be_signed"])) == case["check_code"]


def test_one_changed_bit_gives_another_code_of_the_same_shape() -> None:
    codes = {check_code(bytes([byte]) * 40) for byte in range(256)}
    assert len(codes) == 256
    assert all(re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}", code) for code in codes)


def test_an_order_with_anything_beside_its_text_and_signature_is_refused() -> None:
    with pytest.raises(ValidationError):
        SignedOrder.model_validate({"payload": "{}", "signature": "", "pin": "123456"})
