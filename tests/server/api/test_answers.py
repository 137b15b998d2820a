"""Every error of the API is problem+json, whoever met it; every answer carries the security headers."""

from dataclasses import replace

import pytest

from tests.server.browsing import ORIGIN, Browser, code
from tests.worlds import TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.api import answers, bodies, urls
from yunqian.server.queries import health
from yunqian.wire.base import ProblemReport


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "/api/nothing", "NOT_FOUND"),
        ("get", "/api", "NOT_FOUND"),
        ("get", "/api/envelopes/../../x", "NOT_FOUND"),
        ("get", "/pki/nothing", "NOT_FOUND"),
        ("put", "/api/session", "METHOD_NOT_ALLOWED"),
        ("patch", "/api/envelopes", "METHOD_NOT_ALLOWED"),
        ("delete", "/pki/ocsp", "METHOD_NOT_ALLOWED"),
        ("post", "/api/session", "REQUEST_INVALID"),
    ],
)
def test_errors_of_the_framework_are_problems_too(method, path, expected):
    answer = getattr(Browser().client, method)(path)
    assert code(answer) == expected
    report = ProblemReport.model_validate(answer.json())
    assert (report.status, report.fault) == (answer.status_code, Problem[expected].row.fault)
    assert report.zh
    assert report.en


@pytest.mark.parametrize(
    "body", ["{", "[]", "null", '{"account": 1}', '{"account": "a", "password": "b", "x": 1}', "\x00"]
)
def test_a_body_that_is_not_what_was_asked_for_is_refused_without_repeating_it(body):
    answer = Browser().client.post("/api/session", body, content_type="application/json")
    assert (answer.status_code, code(answer)) == (422, "REQUEST_INVALID")


def test_a_body_of_too_many_parts_or_of_none_is_refused_and_no_defect_of_ours(two_tenants: TwoTenants):
    browser = Browser(two_tenants.li_ming)
    headers = {"X-CSRFToken": browser.csrf, "Origin": ORIGIN}
    fields = {f"field{number}": "x" for number in range(1500)}
    assert code(browser.client.post("/api/uploads", fields, headers=headers)) == "REQUEST_INVALID"
    kind = "multipart/form-data"  # without a boundary
    answer = browser.client.post("/api/uploads", b"--x", content_type=kind, headers=headers)
    assert code(answer) == "REQUEST_INVALID"


def test_control_characters_never_reach_the_database(two_tenants: TwoTenants):
    answer = Browser().post("/api/session", {"account": "li\x00ming", "password": "x"})
    assert code(answer) == "REQUEST_INVALID"
    answer = Browser(two_tenants.li_ming).get("/api/envelopes?list=inbox&q=%00")
    assert code(answer) == "REQUEST_INVALID"


def test_a_refused_password_is_never_repeated_in_the_answer():
    long = {"account": "liming", "password": "secret-" * 100}
    answer = Browser().post("/api/session", long)
    assert code(answer) == "REQUEST_INVALID"
    assert b"secret" not in answer.content


def test_a_defect_of_ours_is_told_by_its_number_and_not_by_its_traceback(monkeypatch, caplog):
    def broken():
        raise ZeroDivisionError("a secret of the house")

    monkeypatch.setattr(health, "read", broken)
    answer = Browser().get("/api/health")
    assert (answer.status_code, code(answer)) == (500, "INTERNAL")
    assert b"secret" not in answer.content
    assert answer.json()["facts"]["reference"] in caplog.text


def test_a_host_that_is_not_ours_is_not_answered():
    answer = Browser().client.get("/api/platform", headers={"Host": "evil.example"})
    assert code(answer) == "REQUEST_INVALID"


@pytest.mark.parametrize("path", ["/", "/inbox", "/api/platform", "/api/nothing", "/assets/none.js"])
def test_every_answer_carries_the_security_headers(path):
    headers = Browser().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
    assert (
        "connect-src 'self' http://127.0.0.1:17311 ws://127.0.0.1:17311 http://localhost:17311 ws://localhost:17311"
        in policy
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"


def test_answers_of_the_api_are_kept_by_no_cache(two_tenants: TwoTenants):
    browser = Browser(two_tenants.li_ming)
    for path in ("/api/session", "/api/counts", "/api/nothing"):
        assert browser.get(path).headers["Cache-Control"] == "no-store"


def test_addresses_inside_the_pages_all_give_the_one_page(tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text("<!doctype html>云签")
    dist = replace(settings.current(), web_dist=tmp_path)
    monkeypatch.setattr(urls.settings, "current", lambda: dist)
    for path in ("/", "/inbox", "/view/1"):
        answer = Browser().get(path)
        assert (answer.status_code, answer.content.decode()) == (200, "<!doctype html>云签")
        assert answer.headers["Cache-Control"] == "no-cache"
    assert Browser().get("/assets/gone.js").status_code == 404


def test_pages_that_were_not_built_say_so(tmp_path, monkeypatch):
    absent = replace(settings.current(), web_dist=tmp_path)
    monkeypatch.setattr(urls.settings, "current", lambda: absent)
    assert Browser().get("/").status_code == 503


@pytest.mark.parametrize("problem", Problem, ids=lambda problem: problem.code)
def test_every_problem_can_be_told(problem):
    refusal = Refused(problem, **dict.fromkeys(problem.row.facts, 1))
    answer = answers.answer(refusal)
    assert answer.status_code == problem.row.status
    assert ProblemReport.model_validate_json(answer.content).code == problem.code


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pdf", "inline; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ('a"; x=".PDF', "inline; filename=\"ax.pdf\"; filename*=UTF-8''a%22%3B%20x%3D%22.pdf"),
        (
            "合同\r\nX: y",
            "inline; filename=\"Xy.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C%0D%0AX%3A%20y.pdf",
        ),
    ],
)
def test_a_name_cannot_leave_its_header(name, expected):
    assert bodies.disposition("inline", name) == expected
