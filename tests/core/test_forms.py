"""What people type: a sentence beside the field, in their language, and what they typed is kept."""

import pytest
from pydantic import AwareDatetime, Field

from core import i18n
from core.errors import Invalid
from core.forms import Input, filled, parse


class Line(Input):
    text: str = Field(min_length=1, max_length=5)


class Sample(Input):
    name: str = Field(min_length=2, max_length=10)
    count: int = Field(1, ge=1, le=9)
    price: float = Field(0, allow_inf_nan=False)
    at: AwareDatetime | None = None
    yes: bool = False
    lines: list[Line] = Field(default_factory=list, max_length=2)


def sentence(field: str, **data) -> str:
    with i18n.speaking("en"), pytest.raises(Invalid) as caught:
        parse(Sample, {"name": "Wang"} | data)
    assert list(caught.value.errors) == [field]
    return caught.value.errors[field]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "x", "at least 2"),
        ("name", "x" * 11, "at most 10"),
        ("count", 0, "at least 1"),
        ("count", 10, "at most 9"),
        ("count", "many", "whole number"),
        ("count", 1.5, "whole number"),
        ("price", "nan", "a number"),
        ("price", "1e999", "a number"),
        ("at", "tomorrow", "date"),
        ("at", "2026-11-23T18:00", "zone"),
        ("yes", "perhaps", "yes or no"),
        ("lines", [{"text": "a"}] * 3, "at most 2"),
        ("name", "a\0bc", "cannot be seen"),
        ("name", "ab\x1b[0m", "cannot be seen"),
        ("name", "\ud800\ud800", "not right"),
        ("unknown", "x", "not known"),
    ],
)
def test_each_mistake_has_its_sentence(field, value, said):
    assert said in sentence(field, **{field: value})


def test_a_mistake_inside_a_list_names_its_place():
    assert "fill this in" in sentence("lines.0.text", lines=[{"text": ""}])


def test_what_is_missing_is_asked_for():
    with i18n.speaking("en"), pytest.raises(Invalid) as caught:
        parse(Sample, {})
    assert caught.value.errors == {"name": "Please fill this in."}


@pytest.mark.parametrize("body", [None, [], "text", 7])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(Invalid) as caught:
        parse(Sample, body)
    assert list(caught.value.errors) == ["body"]


def test_what_was_typed_is_kept():
    with pytest.raises(Invalid) as caught:
        parse(Sample, {"name": "x", "count": "7"})
    assert caught.value.values == {"name": "x", "count": "7"}


def test_blanks_around_are_not_meant_and_lines_are():
    assert parse(Sample, {"name": "  Wang\nLi  "}).name == "Wang\nLi"


def test_every_sentence_speaks_chinese():
    with i18n.speaking("zh-Hans"), pytest.raises(Invalid) as caught:
        parse(Sample, {"name": "x", "count": "x", "at": "x", "yes": "x", "unknown": 1})
    assert not any(
        letter.isascii() and letter.isalpha()
        for letter in "".join(caught.value.errors[field] for field in ("name", "count", "yes", "unknown"))
    )


def test_an_empty_field_was_not_answered():
    assert filled({"a": "", "b": "x", "_csrf": "t"}) == {"b": "x"}
