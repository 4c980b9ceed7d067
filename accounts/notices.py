"""What a notice says: its kind and parameters as a heading and a sentence in the reader's language."""

from datetime import datetime
from typing import Any, Protocol

from core import html
from core.i18n import N_, _, translated

URGENT = frozenset({"promoted", "called-off", "hired"})
"""Kinds that also go out by SMS: who does not know of them would stand at the wrong door."""


class Told(Protocol):
    """What is kept of a notice."""

    kind: str
    params: dict[str, object]


WORDS = {
    "hired": (N_("You are hired"), N_("%(title)s at %(employer)s, %(when)s.")),
    "waiting": (
        N_("You are on the waiting list"),
        N_("%(title)s at %(employer)s, %(when)s. We tell you when a place is free."),
    ),
    "promoted": (
        N_("A place came free: you are hired"),
        N_("%(title)s at %(employer)s, %(when)s. You can give it back for free for five minutes."),
    ),
    "called-off": (
        N_("The employer called the shift off"),
        N_("%(title)s at %(employer)s, %(when)s. Please do not go there."),
    ),
    "pay-due": (N_("Your hours are noted"), N_("%(title)s: %(money)s. The employer confirms next.")),
    "pay-confirmed": (N_("Your hours are confirmed"), N_("You will get %(money)s.")),
    "pay-paid": (
        N_("You have been paid"),
        N_("The employer says %(money)s was paid. Tell us if it did not arrive."),
    ),
    "pay-disputed": (
        N_("A worker disputes a pay line"),
        N_("It is about %(money)s. Please look at the reason and settle it."),
    ),
    "employer-verified": (N_("Your licence is verified"), N_("%(employer)s can post shifts now.")),
    "employer-rejected": (N_("Your licence was sent back"), N_("%(employer)s: %(reason)s")),
    "gig-published": (N_("Your posting is public"), N_("%(title)s can be found by workers now.")),
    "gig-rejected": (N_("Your posting was sent back"), N_("%(title)s: %(reason)s")),
}
"""Kind → heading and sentence. Every `notify(…)` needs its row; tests/accounts/test_handlers.py looks."""


def heading(notice: Told) -> str:
    """The notice in a few words."""
    return translated(WORDS[notice.kind][0]) if notice.kind in WORDS else _("News for you")


def sentence(notice: Told) -> str:
    """The notice in full."""
    if notice.kind not in WORDS:
        return _("Please open it to read more.")
    return translated(WORDS[notice.kind][1]) % _filled(notice.params)


def _filled(params: dict[str, object]) -> dict[str, Any]:
    """The parameters as people read them; an old notice may lack one that is asked for today."""
    values: dict[str, Any] = {"title": "", "employer": "", "reason": "", "when": "", "money": ""} | params
    if "starts_at" in params:
        values["when"] = html.moment(datetime.fromisoformat(str(params["starts_at"])))
    if "fen" in params:
        values["money"] = html.money(int(str(params["fen"])))
    return values
