"""Collects the sentences to translate, tells what is missing, and makes zh-Hant from zh-Hans."""

from collections.abc import Iterator
from pathlib import Path

import opencc
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from core.html import ROOT
from core.i18n import FOLDER

PACKAGES = ("app", "core", "rulebook", "accounts", "livestream", "marketplace")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "gettext": None, "wrong": (2,)}
SITE = "site"
"""Catalogue of what belongs to no package of the trade."""


def used() -> dict[str | tuple[str, str], str]:
    """Every sentence of code and templates → the catalogue it belongs to."""
    found: dict[str | tuple[str, str], str] = {}
    for path, catalogue, method in _sources():
        with path.open("rb") as file:
            options = {
                "trimmed": "true",
                "newstyle_gettext": "true",
                "extensions": "jinja2.ext.do",
                "trim_blocks": "true",
            }
            for _line, message, _comments, _context in extract(method, file, KEYWORDS, options=options):
                key = message if isinstance(message, str) else tuple(message)
                if key and key[0]:
                    found.setdefault(key, catalogue)  # type: ignore[arg-type]
    return found


def _sources() -> Iterator[tuple[Path, str, str]]:
    for package in PACKAGES:
        catalogue = package if (ROOT / "templates" / package).is_dir() or package == "rulebook" else SITE
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, catalogue, "python"
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.is_file():
            folder = path.relative_to(ROOT / "templates").parts[0]
            yield path, folder if folder in PACKAGES else SITE, "jinja2.ext:babel_extract"


def _load(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale=path.parent.name)
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name)


def missing() -> list[str]:
    """Sentences without Chinese, and catalogues of zh-Hant that are not what zh-Hans makes them."""
    known = _known()
    gaps = [f"not translated: {key!r}" for key in used() if key not in known]
    stale = [f"zh-Hant is behind: {path.name}" for path in _hans() if _hant(path) != _written(path)]
    return gaps + stale


def _known() -> dict[str | tuple[str, str], Message]:
    """Every sentence that has its Chinese, in whichever catalogue it stands."""
    return {_key(m.id): m for path in _hans() for m in _load(path) if m.id and _whole(m.string)}


def _whole(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _key(message_id: object) -> str | tuple[str, str]:
    return tuple(message_id) if isinstance(message_id, list | tuple) else str(message_id)  # type: ignore[return-value]


def _hans() -> list[Path]:
    return sorted((FOLDER / "zh_Hans").glob("*.po"))


def _written(path: Path) -> dict[object, object]:
    return {_key(m.id): m.string for m in _load(FOLDER / "zh_Hant" / path.name) if m.id}


def _hant(path: Path) -> dict[object, object]:
    # Words as well as characters: readers of zh-Hant say 資訊 and 簡訊, not 信息 and 短信.
    change = opencc.OpenCC("s2twp").convert
    return {
        _key(m.id): tuple(change(form) for form in m.string)
        if isinstance(m.string, tuple | list)
        else change(m.string)
        for m in _load(path)
        if m.id
    }


def check() -> int:
    """Print what is missing; 1 when anything is."""
    gaps = missing()
    print("\n".join(gaps) or "every sentence has its Chinese")
    return 1 if gaps else 0


def update() -> int:
    """Put new sentences into their catalogues, drop those no longer used, and make zh-Hant."""
    wanted = used()
    known = _known()
    for name in sorted(set(wanted.values())):
        catalogue = Catalog(locale="zh_Hans", charset="utf-8")
        for key in sorted((key for key, home in wanted.items() if home == name), key=str):
            before = known.get(key)
            catalogue.add(key, before.string if before else "")
        _save(catalogue, FOLDER / "zh_Hans" / f"{name}.po")
    for path in _hans():
        if path.stem not in wanted.values():
            path.unlink()
    for path in _hans():
        catalogue = Catalog(locale="zh_Hant", charset="utf-8")
        for key, text in _hant(path).items():
            catalogue.add(key, text)  # type: ignore[arg-type]
        _save(catalogue, FOLDER / "zh_Hant" / path.name)
    return check()


def _save(catalogue: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=120, omit_header=True, sort_output=True)
