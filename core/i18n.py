"""Languages: Chinese first, English complete; catalogues are read from locale/*.po at the start."""

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
"""Language tag → its own name. The first is the default."""
DEFAULT = "zh-Hans"
FOLDER = Path(__file__).parent.parent / "locale"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT)


@cache
def translations(locale: str) -> gettext.NullTranslations:
    """All packages' catalogues of one language merged; English is the source and needs none."""
    if locale == "en":
        return gettext.NullTranslations()
    merged = Catalog(locale=locale.replace("-", "_"))  # the locale decides the plural forms
    for path in sorted((FOLDER / locale.replace("-", "_")).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string:
                    merged[message.id] = message
    binary = io.BytesIO()
    write_mo(binary, merged)
    binary.seek(0)
    return gettext.GNUTranslations(binary)


def get_locale() -> str:
    """Language of the reader this code is running for."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """Speak this language for the rest of the current request or job."""
    _locale.set(locale if locale in LOCALES else DEFAULT)


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Speak another language for a while: a message is written for its receiver, not its sender."""
    token = _locale.set(locale if locale in LOCALES else DEFAULT)
    try:
        yield
    finally:
        _locale.reset(token)


def translated(message: str, **params: object) -> str:
    """A message that was marked elsewhere, in the reader's language, with %(name)s filled in."""
    text = translations(_locale.get()).gettext(message) if message else ""
    return text % params if params else text


_ = translated
"""The same for a message that stands right there; extractors look for this name."""


def ngettext(one: str, many: str, n: int, **params: object) -> str:
    """As `_`, with the plural of the reader's language."""
    return translations(_locale.get()).ngettext(one, many, n) % {"n": n, **params}


def N_(message: str) -> str:  # noqa: N802 the customary name; extractors look for it
    """Mark a message for translation where it is defined; it is translated where it is shown."""
    return message


def choose(accept_language: str) -> str:
    """The best of our languages for an Accept-Language header."""
    for part in accept_language.lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith("en"):
            return "en"
        if tag.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
            return "zh-Hant"
        if tag.startswith("zh"):
            return "zh-Hans"
    return DEFAULT
