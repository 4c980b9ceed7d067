"""Barred and doubtful words in what a posting says, each found with its place in the text.

Chinese has no spaces between words, and a word-splitter errs just where an evader writes. So nothing is split: a text is
folded into one form, patterns search it, and a pattern's `unless` says in which longer words it means nothing
(男 in 男装, 押金 in 不收押金). A find that touches such a word is dropped.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache

from core.i18n import N_
from rulebook.findings import Finding, Span
from rulebook.law import Level, Rule, rule
from rulebook.tables import rows

MOST = 20
"""Findings in one field; who reads twenty will not read a hundred, and a hostile text could make thousands."""
TEXTS = ("title", "duties", "conditions")
"""Fields that are searched unless a pattern names others."""

MESSAGES = {
    "sex": N_("This picks people by sex."),
    "marriage": N_("Marriage, pregnancy and children are no condition for a job."),
    "household": N_("This picks people by where they are registered."),
    "origin": N_("This picks people by where they come from."),
    "hepatitis-b": N_(
        "Hepatitis B may be neither asked about nor tested, and is no reason to refuse anyone."
    ),
    "carrier": N_(
        "A carrier of an infection may be refused only work that the law names, such as handling food."
    ),
    "ethnicity": N_("This picks people by ethnic group."),
    "religion": N_("This picks people by religion."),
    "disability": N_("This shuts out people with a disability."),
    "appearance": N_("Looks, height and weight rarely have to do with the work."),
    "zodiac": N_("Birth signs and blood groups have nothing to do with the work."),
    "age-cap": N_("An age limit needs a reason that lies in the work."),
    "under-16": N_("This invites people under 16. Nobody under 16 may work."),
    "deposit": N_("No deposit may be taken from workers, under whatever name."),
    "fee": N_("No fee may be taken from workers, under whatever name."),
    "id-seizure": N_("Nobody may keep a worker's papers."),
    "training-loan": N_("Work may not be tied to a loan or to paid training."),
    "illegal-work": N_("This work is against the law."),
    "bait": N_("Promises without a figure mislead people."),
    "contact": N_("Numbers and accounts do not belong in the text: people reach you through this site."),
}
"""What each rule of wording.csv says, to be translated where it is shown."""

ADVICE = {
    "sex": N_("Write “men and women welcome”, or what the work asks of anyone, such as “lifts 20 kg”."),
    "sex-reason": N_("If the work really needs one sex, say why; otherwise leave it out."),
    "marriage": N_("Leave it out. You may write “married or single, all welcome”."),
    "household": N_("Write “no household registration needed”, or what you need, such as “knows the area”."),
    "origin": N_("Leave it out, or write “people from everywhere welcome”."),
    "hepatitis-b": N_("Leave it out. Where food or guests are handled, write “health certificate needed”."),
    "carrier": N_("Write “health certificate needed” where the law asks for one; otherwise leave it out."),
    "ethnicity": N_("Write “all ethnic groups welcome”."),
    "ethnicity-care": N_(
        "If religion or custom asks for it, as in a halal kitchen, say so; otherwise leave it out."
    ),
    "religion": N_("Leave it out. If customs must be kept at work, name them."),
    "disability": N_("Write what the work asks for, such as “carries 15 kg” or “answers the phone”."),
    "appearance": N_("Write what can be learnt or worn, such as “neat clothes, friendly with guests”."),
    "height": N_("Write what the work asks for, such as “reaches a shelf 2 m high”."),
    "zodiac": N_("Leave it out."),
    "age": N_("Say why, or write “aged 18 or more, can do this work”."),
    "under-16": N_("Write “aged 16 or more”."),
    "deposit": N_("Write “no deposit”. Ask for tools and clothes back instead."),
    "fee": N_("Write “no fees”, and bear the cost of clothes, training and cards yourself."),
    "id-seizure": N_("Write “bring your identity card to be looked at”, and give it back at once."),
    "training-loan": N_("Train people free of charge and pay the hours: “paid training”."),
    "illegal-work": N_("This cannot be posted. Describe lawful work."),
    "bait": N_("Write what an hour pays and when it is settled."),
    "contact": N_("Leave it out. Who is hired sees your number and can write to you here."),
}
"""Lawful wordings, by the key in wording.csv."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row of wording.csv, ready to search."""

    code: str
    level: Level | None
    """Softer than its rule where a wording is only doubtful; None: as the rule says."""
    fields: tuple[str, ...]
    advice: str
    needs: tuple[str, ...]
    """No match without one of these; looking for them is a hundred times faster than the pattern."""
    words: re.Pattern[str]
    unless: re.Pattern[str] | None


def check_text(field: str, text: str, on: date, region_code: str = "") -> list[Finding]:
    """What the words of one field say against the rules of that day, in the order of the text."""
    folded, places = fold(text)
    told: list[Finding] = []
    said: set[tuple[str, str]] = set()
    excused: dict[re.Pattern[str], bytearray] = {}
    for pattern in _patterns():
        if field not in pattern.fields or not any(word in folded for word in pattern.needs):
            continue
        standing = rule(pattern.code, on, region_code)
        if standing is None:
            continue
        for start, end in _finds(pattern, standing, folded, excused):
            span = (places[start], places[end - 1] + 1)
            words = text[slice(*span)]
            # The same words twice, or a doubt about what is stopped already, need no second sentence.
            if (pattern.code, words) not in said and not _covered(span, pattern.code, told):
                told.append(_finding(pattern, standing, field, span, words))
            said.add((pattern.code, words))
            if len(told) == MOST:
                return _in_order(told)
    return _in_order(told)


def _covered(span: Span, code: str, told: list[Finding]) -> bool:
    """Whether a finding of the same rule already stands on some of these letters."""
    spans = (each.span for each in told if each.code == code and each.span)
    return any(start < span[1] and span[0] < end for start, end in spans)


def _in_order(told: list[Finding]) -> list[Finding]:
    return sorted(told, key=lambda finding: finding.span or (0, 0))


def fold(text: str) -> tuple[str, list[int]]:
    """The text in one form, and for each of its letters the place it had.

    Half-width, small letters, simplified characters; without the blanks and dots people put between letters, except
    between digits or Latin letters, where they mean something (1.5, 18-35).
    """
    whole = text.translate(_letters)
    places = list(range(len(text)))
    if any(len(_letters[ord(letter)]) != 1 for letter in set(text)):
        places = [place for place, letter in enumerate(text) for _ in _letters[ord(letter)]]
    kept: list[str] = []
    kept_places: list[int] = []
    last = 0
    for gap in _GAP.finditer(whole):
        start, end = gap.span()
        if start and end < len(whole) and _latin(whole[start - 1]) and _latin(whole[end]):
            continue
        kept.append(whole[last:start])
        kept_places += places[last:start]
        last = end
    return "".join([*kept, whole[last:]]), kept_places + places[last:]


_GAP = re.compile(r"[ .·•・*_~\-—–‐]+")


class _Letters(dict[int, str]):
    """Each letter's one form, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _folded(chr(code))
        return self[code]


_letters = _Letters()


def _folded(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in {"Cf", "Mn", "Me"}:  # zero-width joiners, marks that overprint
        return ""
    if letter == "\n":
        return letter
    narrow = unicodedata.normalize("NFKC", letter).lower()
    if letter.isspace() or kind in {"Cc", "Zs"} or (kind == "So" and narrow == letter):
        return " "  # pictures between letters are blanks, too; ㊚ and ㎏ are not pictures
    return "".join(_simplified().get(each, each) for each in narrow)


def _latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def _finds(
    pattern: Pattern, standing: Rule, folded: str, excused: dict[re.Pattern[str], bytearray]
) -> list[Span]:
    """Where a pattern is meant: where no longer word that it stands in excuses it."""
    spans = [match.span() for match in pattern.words.finditer(folded) if _reaches(match, standing)]
    if not spans or pattern.unless is None:
        return spans
    if pattern.unless not in excused:  # many patterns share theirs
        excused[pattern.unless] = _marked(pattern.unless, folded)
    marks = excused[pattern.unless]
    return [(start, end) for start, end in spans if not any(marks[start:end])]


def _marked(words: re.Pattern[str], folded: str) -> bytearray:
    """One mark for each letter that stands in these words."""
    marks = bytearray(len(folded))
    for match in words.finditer(folded):
        marks[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    return marks


def _reaches(match: re.Match[str], standing: Rule) -> bool:
    """A pattern with a number speaks only of numbers below the limit of its rule."""
    number = match.groupdict().get("n")
    return number is None or standing.limit is None or _number(number) < standing.limit


_DIGITS = "零一二三四五六七八九"


def _number(text: str) -> int:
    """35 and 三十五; patterns let no other form through."""
    if text.isdigit():
        return int(text)
    tens, _, ones = text.partition("十")
    return (_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0)


def _finding(pattern: Pattern, standing: Rule, field: str, span: Span, words: str) -> Finding:
    return Finding(
        pattern.code,
        pattern.level or standing.level,
        field,
        MESSAGES[pattern.code],
        standing.citation,
        ADVICE[pattern.advice],
        span=span,
        found=words,
    )


@cache
def _patterns() -> tuple[Pattern, ...]:
    """All patterns; stops before warnings, so that a doubt says nothing where the rule already spoke."""
    parts: dict[str, str] = {}
    found = []
    for row in rows("wording.csv"):
        if row["kind"] == "part":
            parts[row["code"]] = _fill(row["pattern"], parts)
        else:
            found.append(_read_pattern(row, parts))
    return tuple(sorted(found, key=lambda pattern: pattern.level == "warn"))


def _read_pattern(row: dict[str, str], parts: dict[str, str]) -> Pattern:
    return Pattern(
        row["code"],
        "warn" if row["level"] == "warn" else None,
        tuple(row["fields"].split()) or TEXTS,
        row["suggestion"],
        tuple(row["needs"].split("|")),
        re.compile(_fill(row["pattern"], parts)),
        re.compile(_fill(row["unless"], parts)) if row["unless"] else None,
    )


def _fill(pattern: str, parts: dict[str, str]) -> str:
    return re.sub(r"\{([a-z]+)\}", lambda name: f"(?:{parts[name[1]]})", pattern)


@cache
def _simplified() -> dict[str, str]:
    return {row["traditional"]: row["simplified"] for row in rows("traditional.csv")}
