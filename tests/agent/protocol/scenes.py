"""The scenes that the vectors tell, without their answers; `code` is what has to be answered, written by hand."""

from datetime import timedelta
from typing import Any

from tests.agent.protocol import cast
from tests.agent.protocol.player import DIALOGS, WINDOWS, Scene, Step
from yunqian.wire.orders import SignedOrder

FIRST, SECOND = (f"/dialogs/{name}" for name in DIALOGS[:2])
WINDOW = f"/window/{WINDOWS[0]}"
_KEY = cast.SOFT_1.model_dump()


def orders() -> dict[str, SignedOrder]:
    """Every order that a scene brings, by name: the right ones first, then the wrong ones."""
    sign, login = cast.sign(), cast.login()
    right = {
        "sign": sign,
        "sign-again": cast.sign("sign-2", position=2),
        "sign-seen": cast.sign_seen(),
        "sign-pkcs11": cast.sign("sign-4", holder="pkcs11.der"),
        "batch": cast.batch(),
        "batch-a": cast.batched()[0],
        "batch-seen": cast.batch("batch-2", (cast.sign_seen("sign-s"), cast.batched()[1])),
        "login": login,
        "bind": cast.bind(),
        "enrol": cast.enrol(),
        "store": cast.store(),
        "unlock": cast.unlock(),
    }
    late = cast.NOW + timedelta(days=500)
    odd = {
        "sign-other-title": cast.sign(title="另一份合同.pdf"),
        "sign-from-the-future": cast.sign(at=cast.NOW + timedelta(minutes=3)),
        "sign-living-too-long": cast.sign(expires_at=cast.NOW + timedelta(minutes=6)),
        "sign-when-certificate-is-over": cast.sign(at=late),
        "sign-for-other-origin": cast.sign(origin=cast.OTHER_ORIGIN),
        "sign-of-absent-certificate": cast.sign("sign-5", holder="pkcs11.der"),
        "sign-of-other-attributes": cast.sign(to_be_signed=cast.text64(b"any bytes at all")),
        "sign-by-other-algorithm": cast.sign(algorithm="ECDSA_SHA256"),
        "batch-of-two-persons": cast.batch("batch-3", (cast.sign(), cast.batched(person_name="王芳")[1])),
        "batch-with-one-twice": cast.batch("batch-3", (cast.sign(), cast.sign("sign-9"))),
        "batch-with-a-login": cast.batch("batch-3", (cast.sign(), cast.login())),
        "batch-in-a-batch": cast.batch("batch-3", (cast.batch(),)),
        "batch-with-an-order-of-others": cast.batch("batch-3", (cast.signed(sign, cast.OTHER_SEED),)),
        "batch-with-other-attributes": cast.batch(
            "batch-3", (cast.sign(to_be_signed=cast.text64(b"any bytes at all")),)
        ),
        "enrol-of-unknown-algorithm": cast.enrol(algorithm="GOST"),
        "store-on-absent-key": cast.store(key=cast.NamedKey(driver="skf", serial="X-1", label="公章")),
        "unlock-not-asked": cast.unlock(public_key=cast.public64()),
        "unlock-of-other-pin": cast.unlock(released="00000000"),
        "unlock-with-broken-box": cast.unlock(sealed=cast.text64(bytes(64))),
    }
    text = sign.model_dump_json()
    texts = {
        "sign-with-unknown-field": text.removesuffix("}") + ',"digest":"AAAA"}',
        "sign-with-purpose-of-login": text.replace(sign.purpose, login.purpose),
        "sign-with-unknown-purpose": text.replace(sign.purpose, "yunqian.digest-order.v1"),
        "sign-without-purpose": text.replace(f'"purpose":"{sign.purpose}",', ""),
    }
    made = {name: cast.signed(order) for name, order in (right | odd | texts).items()}
    swapped = SignedOrder(payload=made["sign"].payload, signature=made["login"].signature)
    others = cast.signed(sign, cast.OTHER_SEED)
    return made | {"sign-with-signature-of-login": swapped, "sign-by-other-platform": others}


def post(order: str, **rest: Any) -> Step:
    """A page brings an order."""
    return {"method": "POST", "path": "/dialogs", "order": order, **rest}  # type: ignore[typeddict-item]


def get(path: str, **rest: Any) -> Step:
    return {"method": "GET", "path": path, **rest}  # type: ignore[typeddict-item]


def state(path: str = FIRST, **rest: Any) -> Step:
    """A page asks how it stands, without waiting."""
    return get(f"{path}?wait=0", **rest)


def enter(*secrets: str, **rest: Any) -> Step:
    """The person enters these in the window, and it shows what came of it."""
    path = f"{WINDOW}/confirm?lang=zh"
    return {"method": "POST", "path": path, "secrets": [*secrets], **rest}  # type: ignore[typeddict-item]


def sheets() -> list[Step]:
    """What the window shows, in both languages."""
    return [get(f"{WINDOW}/sheet?lang={language}") for language in ("zh", "en")]


def _pin_change(**rest: Any) -> Step:
    step = {"method": "POST", "path": "/pin-changes", "body": {"key": _KEY}}
    return {**step, **rest}  # type: ignore[typeddict-item,return-value]


def _unlock_request(body: Any, **rest: Any) -> Step:
    step = {"method": "POST", "path": "/unlock-requests", "body": body}
    return {**step, **rest}  # type: ignore[typeddict-item,return-value]


def _delete(path: str = FIRST, **rest: Any) -> Step:
    return {"method": "DELETE", "path": path, **rest}  # type: ignore[typeddict-item]


def _done(order: str, *secrets: str) -> list[Step]:
    """From the order to its result."""
    return [post(order), *sheets(), state(), enter(*secrets), state()]


def right() -> list[Scene]:
    """Every message as it is meant."""
    new = "135790"
    return [
        {
            "name": "hello",
            "about": "who answers",
            "steps": [get("/hello"), {"newer": "9.9.9"}, get("/hello")],
        },
        {
            "name": "desktop",
            "about": "a client with a window of its own shows the dialog itself",
            "desktop": True,
            "steps": [get("/hello"), post("sign"), state()],
        },
        {
            "name": "keys",
            "about": "keys of all three kinds of driver: with a seal, locked, with its factory PIN, empty",
            "shelf": True,
            "steps": [
                get("/keys"),
                post("store"),
                enter(cast.PIN),
                get("/keys"),
                {"unplug": "SOFT-2"},
                get("/keys"),
            ],
        },
        {
            "name": "events",
            "about": "the list at once and at every change; a page that says anything is sent away",
            "steps": [
                {"listen": True},
                {"frame": None},
                {"unplug": "SOFT-2"},
                {"frame": None},
                {"say": "{}"},
            ],
        },
        {
            "name": "sign",
            "about": "a signature; the same order again gives the same dialog, and afterwards the same result",
            "steps": [post("sign"), *_done("sign", cast.PIN), *sheets(), post("sign"), _delete()],
        },
        {
            "name": "sign-seen",
            "about": "the client fetches the document, proves it and shows the marked page before the PIN",
            "gives": "document",
            "steps": [
                post("sign-seen"),
                {"looked": True},
                *sheets(),
                get(f"{WINDOW}/pages/1"),
                get(f"{WINDOW}/pages/2", code="NOT_FOUND"),
                enter(cast.PIN),
                state(),
            ],
        },
        {"name": "login", "about": "a login by certificate", "steps": _done("login", cast.PIN)},
        {"name": "bind", "about": "a certificate that is to be bound", "steps": _done("bind", cast.PIN)},
        {"name": "enrol", "about": "a key pair in an empty key", "steps": _done("enrol", cast.PIN)},
        {
            "name": "store",
            "about": "certificate and seal are written on the key",
            "steps": _done("store", cast.PIN),
        },
        {
            "name": "unlock",
            "about": "a request for unlocking, and a new PIN by what the desk released",
            "asked": True,
            "steps": [
                {"tries": 0},
                _unlock_request(_KEY),
                *_done("unlock", new, new),
                {"advance": 1},
                post("unlock"),
            ],
        },
        {
            "name": "change-pin",
            "about": "the person changes the PIN; no order is needed",
            "steps": [_pin_change(), *sheets(), state(), enter(cast.PIN, new, new), state()],
        },
    ]


def person() -> list[Scene]:
    """What may go on between opening a dialog and its end."""
    return [
        {
            "name": "wrong-pin",
            "about": "a wrong PIN costs a try; the last try needs a yes; then the key is locked",
            "steps": [
                post("sign"),
                enter("000000", code="PIN_INCORRECT"),
                state(code="PIN_INCORRECT"),
                enter("", code="PIN_EMPTY"),
                {"tries": 1},
                enter("000000", code="PIN_LAST_TRY"),
                state(code="PIN_LAST_TRY"),
                *sheets(),
                enter("000000", last_try=True, code="PIN_LOCKED"),
                state(code="PIN_LOCKED"),
                *sheets(),
                post("sign-again", code="PIN_LOCKED"),
            ],
        },
        {
            "name": "cancelled",
            "about": "the page gives up, or the person does",
            "steps": [
                post("sign"),
                _delete(code="PIN_CANCELLED"),
                post("sign-again"),
                {"method": "POST", "path": f"/window/{WINDOWS[1]}/cancel?lang=zh", "code": "PIN_CANCELLED"},
                state(SECOND, code="PIN_CANCELLED"),
            ],
        },
        {
            "name": "too-late",
            "about": "the person did not answer in time",
            "steps": [post("sign"), {"advance": 300}, state(code="ORDER_EXPIRED")],
        },
        {
            "name": "pulled-out",
            "about": "the key is pulled out while the window is open; the person may try again",
            "steps": [post("sign"), {"unplug": "SOFT-1"}, enter(cast.PIN, code="KEY_REMOVED"), state()],
        },
        {
            "name": "driver-stopped",
            "about": "the software of the key's vendor died in the middle of the act",
            "shelf": True,
            "steps": [
                post("sign-pkcs11"),
                enter(cast.PIN, code="KEY_DRIVER_STOPPED"),
                state(code="KEY_DRIVER_STOPPED"),
            ],
        },
        {
            "name": "not-to-be-had",
            "about": "the platform does not give the document; the person may ask for it once more",
            "gives": "nothing",
            "steps": [
                post("sign-seen"),
                {"looked": True},
                enter(cast.PIN, code="PREPARED_UNAVAILABLE"),
                {"gives": "document"},
                {"method": "POST", "path": f"{WINDOW}/pages?lang=zh"},
                {"looked": True},
                enter(cast.PIN),
                state(),
            ],
        },
        {
            "name": "sign-batch",
            "about": "three documents, one consent and one PIN; the same again, or one of them alone, gives the same",
            "steps": [
                post("batch"),
                state(),
                *sheets(),
                enter(cast.PIN, code="CONSENT_MISSING"),
                enter("000000", agreed=True, code="PIN_INCORRECT"),
                enter(cast.PIN, agreed=True),
                state(),
                post("batch"),
                post("batch-a"),
                state(SECOND),
            ],
        },
        {
            "name": "sign-batch-begun",
            "about": "one of the documents was signed alone before: it is told at once, and stays after a cancel",
            "steps": [
                post("batch-a"),
                enter(cast.PIN),
                post("batch"),
                state(SECOND),
                _delete(SECOND),
            ],
        },
        {
            "name": "sign-batch-partly",
            "about": "the platform does not give one of the documents: the others are signed, and it is told",
            "gives": "nothing",
            "steps": [
                post("batch-seen"),
                {"looked": True},
                state(),
                *sheets(),
                enter(cast.PIN, agreed=True),
                state(),
            ],
        },
        {
            "name": "batch-of-another-document",
            "about": "one document is not what its order says: none of them is signed",
            "gives": "other",
            "steps": [post("batch-seen"), {"looked": True}, state(code="PREPARED_MISMATCH")],
        },
        {
            "name": "another-document",
            "about": "the platform gives another document than the one to be signed: it is over",
            "gives": "other",
            "steps": [post("sign-seen"), {"looked": True}, state(code="PREPARED_MISMATCH"), *sheets()],
        },
        {
            "name": "unseen",
            "about": "a client that signs nothing unseen",
            "strong": "required",
            "steps": [post("sign", code="PREPARED_REQUIRED")],
        },
        {
            "name": "weak-new-pin",
            "about": "a new PIN is refused before the key sees it",
            "steps": [
                _pin_change(),
                enter(cast.PIN, "135790", "135791", code="NEW_PIN_DIFFERS"),
                enter(cast.PIN, "111111", "111111", code="NEW_PIN_WEAK"),
                state(code="NEW_PIN_WEAK"),
            ],
        },
        {
            "name": "wrong-admin-pin",
            "about": "what the desk released is refused by the key: never tried twice",
            "asked": True,
            "steps": [
                post("unlock-of-other-pin"),
                enter("135790", "135790", code="ADMIN_PIN_INCORRECT"),
                state(code="ADMIN_PIN_INCORRECT"),
                post("unlock", code="UNLOCK_NOT_ASKED"),
            ],
        },
        {
            "name": "broken-box",
            "about": "what the desk released cannot be opened",
            "asked": True,
            "steps": [post("unlock-with-broken-box"), enter("135790", "135790", code="SEALED_BOX_BROKEN")],
        },
    ]


def wrong() -> list[Scene]:
    """What must be refused, and how."""
    at_once = {
        "sign-with-unknown-field": "CLIENT_TOO_OLD",
        "sign-with-purpose-of-login": "CLIENT_TOO_OLD",
        "sign-with-unknown-purpose": "CLIENT_TOO_OLD",
        "sign-without-purpose": "CLIENT_TOO_OLD",
        "sign-with-signature-of-login": "ORDER_NOT_GENUINE",
        "sign-by-other-platform": "ORDER_NOT_GENUINE",
        "sign-for-other-origin": "ORDER_NOT_GENUINE",
        "sign-living-too-long": "ORDER_NOT_GENUINE",
        "sign-from-the-future": "CLOCK_WRONG",
        "sign-of-absent-certificate": "KEY_NOT_FOUND",
        "sign-of-other-attributes": "ATTRIBUTES_NOT_ACCEPTED",
        "sign-by-other-algorithm": "ALGORITHM_UNSUPPORTED",
        "batch-of-two-persons": "ORDER_NOT_GENUINE",
        "batch-with-one-twice": "ORDER_NOT_GENUINE",
        "batch-with-a-login": "ORDER_NOT_GENUINE",
        "batch-in-a-batch": "ORDER_NOT_GENUINE",
        "batch-with-an-order-of-others": "ORDER_NOT_GENUINE",
        "batch-with-other-attributes": "ATTRIBUTES_NOT_ACCEPTED",
        "enrol-of-unknown-algorithm": "ALGORITHM_UNSUPPORTED",
        "store-on-absent-key": "KEY_NOT_PLUGGED",
        "unlock-not-asked": "UNLOCK_NOT_ASKED",
    }
    return [
        {
            "name": "wrong-orders",
            "about": "orders that open no dialog",
            "steps": [post(name, code=code) for name, code in at_once.items()],
        },
        {
            "name": "expired-orders",
            "about": "orders that come too late",
            "steps": [
                {"advance": 300},
                post("sign", code="ORDER_EXPIRED"),
                post("login", code="DIALOG_EXPIRED"),
            ],
        },
        {
            "name": "certificate-over",
            "about": "an order in time, with a certificate that is not",
            "steps": [
                {"advance": 500 * 24 * 3600},
                post("sign-when-certificate-is-over", code="CERTIFICATE_EXPIRED"),
            ],
        },
        {
            "name": "used-order",
            "about": "another text under an identifier that was carried out",
            "steps": [post("sign"), enter(cast.PIN), post("sign-other-title", code="ORDER_ALREADY_USED")],
        },
        {
            "name": "busy",
            "about": "one dialog at a time, whatever its kind and page",
            "steps": [
                post("sign"),
                post("login", code="DIALOG_BUSY"),
                _pin_change(code="DIALOG_BUSY"),
                _pin_change(origin=cast.OTHER_ORIGIN, code="DIALOG_BUSY"),
                state(origin=cast.OTHER_ORIGIN, code="DIALOG_NOT_FOUND"),
                _delete(origin=cast.OTHER_ORIGIN, code="DIALOG_NOT_FOUND"),
                get(f"{FIRST}?wait=soon", code="REQUEST_INVALID"),
            ],
        },
        {
            "name": "strangers",
            "about": "another host name, another origin",
            "steps": [
                get("/hello", host="evil.example.com:17311", code="HOST_NOT_ALLOWED"),
                get("/hello", origin=cast.STRANGER, code="ORIGIN_NOT_ALLOWED"),
                get("/hello", origin=None, code="ORIGIN_NOT_ALLOWED"),
                post("sign", origin=cast.STRANGER, code="ORIGIN_NOT_ALLOWED"),
                post("sign", origin=cast.OTHER_ORIGIN, code="ORDER_NOT_GENUINE"),
            ],
        },
        {
            "name": "wrong-shapes",
            "about": "messages that are none",
            "steps": [
                {
                    "method": "POST",
                    "path": "/dialogs",
                    "body": {"payload": "{}", "signature": "", "pin": "246810"},
                    "code": "REQUEST_INVALID",
                },
                {"method": "POST", "path": "/dialogs", "characters": 800_001, "code": "REQUEST_INVALID"},
                {"method": "POST", "path": "/dialogs", "characters": 1_100_000, "code": "REQUEST_TOO_LARGE"},
                post("sign", content_type="text/plain", code="REQUEST_INVALID"),
                _pin_change(body={"key": _KEY, "pin": "246810"}, code="REQUEST_INVALID"),
                _pin_change(body={"key": _KEY | {"serial": "X-1"}}, code="KEY_NOT_PLUGGED"),
                _unlock_request(_KEY | {"place": 1}, code="REQUEST_INVALID"),
                _unlock_request(_KEY | {"serial": "X-1"}, code="KEY_NOT_PLUGGED"),
                _unlock_request(cast.SOFT_2.model_dump(), code="KEY_ACT_UNSUPPORTED"),
                get("/sign", code="NOT_FOUND"),
                {"method": "POST", "path": "/keys", "body": {}, "code": "METHOD_NOT_ALLOWED"},
            ],
        },
        {
            "name": "wrong-windows",
            "about": "a window that is none, a page that posts to it, and secrets of another number",
            "steps": [
                get("/window/none/sheet?lang=zh", code="DIALOG_NOT_FOUND"),
                post("sign"),
                enter(cast.PIN, origin=cast.ORIGIN, code="ORIGIN_NOT_ALLOWED"),
                enter(cast.PIN, cast.PIN, code="REQUEST_INVALID"),
                enter(cast.PIN, content_type="text/plain", code="REQUEST_INVALID"),
            ],
        },
    ]


def every() -> list[Scene]:
    """All scenes, in the order of the vectors."""
    return [*right(), *person(), *wrong()]
