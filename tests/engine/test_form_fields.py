"""The one walk through a form's fields."""

import pikepdf
import pytest

from yunqian.engine import form_fields
from yunqian.problems import Problem, Refused


def form(*fields):
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([pdf.make_indirect(one) for one in fields]))
    return pdf


def named(name, **entries):
    return pikepdf.Dictionary(T=name, **entries)


def test_a_field_inherits_name_kind_and_value_and_comes_in_the_order_of_the_form():
    kid = pikepdf.Dictionary(T="below")
    pdf = form(named("first", FT=pikepdf.Name.Tx, V="said", Kids=pikepdf.Array([kid])), named("second"))
    found = [(one.name, one.kind, str(one.value), one.is_terminal) for one in form_fields.walk(pdf)]
    assert found == [
        ("first", "/Tx", "said", False),
        ("first.below", "/Tx", "said", True),
        ("second", "", "None", True),
    ]


def test_a_widget_of_a_terminal_field_is_told_as_such():
    pdf = form(named("sig", FT=pikepdf.Name.Sig, Kids=pikepdf.Array([pikepdf.Dictionary()])))
    assert [(one.is_terminal, one.is_widget) for one in form_fields.walk(pdf)] == [
        (True, False),
        (True, True),
    ]


def test_a_kid_that_alone_has_the_type_is_a_field_and_no_widget():
    pdf = form(named("group", Kids=pikepdf.Array([pikepdf.Dictionary(FT=pikepdf.Name.Sig)])))
    assert [(one.kind, one.is_widget) for one in form_fields.walk(pdf)] == [("", False), ("/Sig", False)]


def test_what_is_no_dictionary_or_lies_too_deep_is_passed_over():
    deep = named("leaf")
    for _ in range(form_fields.MAX_DEPTH + 4):
        deep = named("x", Kids=pikepdf.Array([deep]))
    pdf = form(deep)
    pdf.Root.AcroForm.Fields.append(pikepdf.String("no field"))
    found = list(form_fields.walk(pdf))
    assert len(found) == form_fields.MAX_DEPTH + 1
    assert not any(one.name.endswith("leaf") for one in found)


def test_more_fields_than_anybody_looks_through_are_refused_and_not_cut_off(monkeypatch):
    monkeypatch.setattr(form_fields, "MAX_FIELDS", 3)
    with pytest.raises(Refused) as refused:
        list(form_fields.walk(form(*(named(str(number)) for number in range(4)))))
    assert refused.value.problem is Problem.DOCUMENT_BROKEN


@pytest.mark.parametrize("root", [{}, {"/AcroForm": 1}, {"/AcroForm": pikepdf.Dictionary(Fields=2)}])
def test_a_document_without_a_form_has_no_fields(root):
    pdf = pikepdf.new()
    for key, value in root.items():
        pdf.Root[key] = value
    assert list(form_fields.walk(pdf)) == []
