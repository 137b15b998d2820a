"""Refusals as problem+json."""

from yunqian.agent import reports
from yunqian.problems import Problem, Refused


def test_a_report_carries_code_facts_and_both_texts() -> None:
    report = reports.of(Refused(Problem.PIN_INCORRECT, tries_left=3))
    assert report.model_dump() == {
        "type": "urn:yunqian:problem:PIN_INCORRECT",
        "title": "The PIN is not correct; 3 tries are left.",
        "status": 422,
        "code": "PIN_INCORRECT",
        "facts": {"tries_left": 3},
        "zh": "口令不正确，还可以试 3 次。",
        "en": "The PIN is not correct; 3 tries are left.",
        "fault": "key",
        "is_retriable": True,
    }
