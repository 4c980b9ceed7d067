"""What a check has to say: which rule, how serious, which field, and what would be right."""

from dataclasses import dataclass
from datetime import date

from core.i18n import translated
from rulebook.law import Level, rule

Span = tuple[int, int]
"""First and one past the last letter, counted in the field as it was written."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong (stop) or doubtful (warn), told in the reader's language when it is shown."""

    code: str
    level: Level
    field: str
    message: str
    """English, marked with N_ where it is written; `text` is what people read."""
    rule: str
    """The article it rests on, as cited in Chinese."""
    suggestion: str = ""
    params: tuple[tuple[str, object], ...] = ()
    span: Span | None = None
    """Where in the field the offending words stand; None where it is not about words."""
    found: str = ""
    """Those words, as written."""

    @property
    def text(self) -> str:
        """What is wrong, in the reader's language."""
        return translated(self.message, **dict(self.params))

    @property
    def advice(self) -> str:
        """What would be right, in the reader's language; empty where nothing helps."""
        return translated(self.suggestion, **dict(self.params))


def finding(
    code: str, on: date, field: str, message: str, suggestion: str = "", **params: object
) -> Finding | None:
    """The finding of a rule as it stands on a day; None on days when that rule is not in force."""
    found = rule(code, on)
    if found is None:
        return None
    return Finding(code, found.level, field, message, found.citation, suggestion, tuple(params.items()))
