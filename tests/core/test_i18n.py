"""Languages: which one a reader gets, and that no sentence is half a translation."""

import re
from collections import Counter

import pytest
from babel.messages.pofile import read_po

from core import i18n

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
CATALOGUES = sorted(i18n.FOLDER.glob("zh_*/*.po"))


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "zh-Hans"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK,en", "zh-Hant"),
        ("zh-Hant-CN", "zh-Hant"),
        ("en-GB,zh", "en"),
        ("fr,en;q=0.5", "en"),
        ("fr", "zh-Hans"),
        ("*", "zh-Hans"),
        (";;;,,", "zh-Hans"),
    ],
)
def test_a_reader_gets_the_best_of_our_languages(header, locale):
    assert i18n.choose(header) == locale


def test_an_unknown_language_is_the_first_of_ours():
    i18n.set_locale("tlh")
    assert i18n.get_locale() == i18n.DEFAULT


def test_speaking_another_language_ends_with_its_block():
    i18n.set_locale("en")
    with i18n.speaking("zh-Hans"):
        assert i18n.get_locale() == "zh-Hans"
    assert i18n.get_locale() == "en"
    i18n.set_locale(i18n.DEFAULT)


def test_english_is_the_source_itself():
    with i18n.speaking("en"):
        assert i18n._("You have %(n)s things.", n=3) == "You have 3 things."


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_translation_has_the_blanks_of_its_source(path):
    with path.open("rb") as file:
        pairs = [(m.id, m.string) for m in read_po(file) if m.id and m.string and isinstance(m.id, str)]
    assert [
        one for one, other in pairs if set(PLACEHOLDER.findall(one)) != set(PLACEHOLDER.findall(other))
    ] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_sentence_stands_twice_in_a_catalogue(path):
    ids = Counter(re.findall(r'^msgid "(.+)"$', path.read_text(), re.MULTILINE))
    assert [text for text, times in ids.items() if times > 1] == []
