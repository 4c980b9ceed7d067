"""The trades of short work: names, national occupation code, who may not do them, what paper they need."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from core.i18n import N_
from rulebook.findings import Finding, finding
from rulebook.law import rule
from rulebook.tables import rows

CERTIFICATES = {
    "health": N_("Health certificate"),
    "forklift": N_("Forklift licence"),
    "driver": N_("Driving licence"),
    "welder": N_("Welding certificate"),
    "electrician": N_("Electrician's certificate"),
    "height": N_("Working-at-height certificate"),
    "guard": N_("Security guard's certificate"),
    "lifeguard": N_("Lifeguard's certificate"),
}
"""Kind of certificate → its name, to be translated where it is shown."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of short work."""

    code: str
    zh: str
    en: str
    group: str
    occupation: str
    """Code in the national occupation classification of 2022."""
    barred_under_18: bool
    bar_rule: str
    certificate: str
    """What the law asks for: a key of CERTIFICATES, or empty."""
    certificate_rule: str
    outdoor: bool = False
    """Done under the open sky, so heat rules apply."""
    risky: bool = False
    """Accidents are frequent enough to ask about insurance."""

    def name(self, locale: str) -> str:
        """The trade's name; Chinese readers of either script get the Chinese one."""
        return self.en if locale == "en" else self.zh


def trade(code: str) -> Trade | None:
    """The trade with this code, or None."""
    return _trades().get(code)


def trades() -> list[Trade]:
    """All trades, those of one group together."""
    return list(_trades().values())


def age_on(birth: date, on: date) -> int:
    """Full years; who is born on 29 February is a year older on 1 March of common years."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def may_work(birth: date, trade_code: str, on: date) -> Finding | None:
    """Why a person born on that day may not do this trade on a day, or None when age is no obstacle."""
    age = age_on(birth, on)
    if _younger(age, "under-16", on):
        return too_young(on, "birth")
    wanted = trade(trade_code)
    if wanted and wanted.barred_under_18 and _younger(age, "barred-under-18", on):
        return barred_trade(wanted, on, "birth")
    return None


def too_young(on: date, field: str) -> Finding | None:
    """The finding that nobody under 16 may work."""
    return finding("under-16", on, field, N_("Nobody under 16 may work."))


def barred_trade(wanted: Trade, on: date, field: str) -> Finding | None:
    """The finding that this trade is closed to people of 16 and 17."""
    return finding(
        "barred-under-18",
        on,
        field,
        N_("This trade is closed to people under 18."),
        N_("Ask for an age of 18 or more."),
        trade=wanted.code,
    )


def _younger(age: int, code: str, on: date) -> bool:
    found = rule(code, on)
    return found is not None and found.limit is not None and age < found.limit


def names_certificate(text: str, certificate: str) -> bool:
    """Whether a text speaks of this kind of certificate, in any of the words people use for it."""
    plain = text.lower()
    return any(word in plain for word in _certificate_words().get(certificate, ()))


@cache
def _certificate_words() -> dict[str, list[str]]:
    return {row["certificate"]: row["words"].split("|") for row in rows("certificates.csv")}


@cache
def _trades() -> dict[str, Trade]:
    return {row["code"]: _read_trade(row) for row in rows("trades.csv")}


def _read_trade(row: dict[str, str]) -> Trade:
    return Trade(
        row["code"],
        row["zh"],
        row["en"],
        row["group"],
        row["occupation"],
        row["barred_under_18"] == "1",
        row["bar_rule"],
        row["certificate"],
        row["certificate_rule"],
        row["outdoor"] == "1",
        row["risky"] == "1",
    )
