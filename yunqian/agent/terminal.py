"""`yunqian agent pair`: the person at the terminal compares the code, or a script brings the one it must be."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from yunqian.agent import asking, config, pairing
from yunqian.problems import Problem, Refused
from yunqian.wire.platforms import PlatformCard, pairing_code

_FOUND = """
平台名称  name    {name}
平台地址  origin  {origin}
配对码    code    {code}

请登录该平台，在“我的 Key”页面查看配对码，两边完全一致才输入 yes。
Log in to the platform, look at the code on its page “My keys”; type yes only if both are the same.
"""
_QUESTION = "yes / no: "
_PAIRED = "已配对 paired: {origin}\n"


def pair(folder: Path, address: str, *, code: str | None, ask: Callable[[str], str] = input) -> None:
    """Pair with the platform at `address`; a client that is running takes it up within two seconds.

    Raises Refused with what is wrong with the address or the platform, PAIRING_CODE_DIFFERS without a yes, or
    with a `code` that is not the platform's.
    """
    settings = config.load(folder)
    card = asyncio.run(pairing.card_of(asking.origin_of(address)))
    wanted = pairing.paired(settings, card)
    if not (_is_told_yes(card, ask) if code is None else pairing.is_code_of(card, code)):
        raise Refused(Problem.PAIRING_CODE_DIFFERS)
    config.write(folder, wanted)
    sys.stdout.write(_PAIRED.format(origin=card.origin))


def _is_told_yes(card: PlatformCard, ask: Callable[[str], str]) -> bool:
    shown = "".join(one if one.isprintable() else "\ufffd" for one in card.name)
    sys.stdout.write(_FOUND.format(name=shown, origin=card.origin, code=pairing_code(card)))
    try:
        return ask(_QUESTION).strip().lower() == "yes"
    except EOFError:
        return False
