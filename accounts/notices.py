"""What a notice says: its kind and parameters as a heading and a sentence in the reader's language."""

from datetime import datetime
from typing import Any, Protocol

from core import html
from core.i18n import N_, _, translated
from rulebook.trades import CERTIFICATES

URGENT = frozenset({"promoted", "offered", "called-off", "hired", "reminder-far", "reminder-near"})
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
    "reminder-far": (
        N_("Your shift is coming up"),
        N_("%(title)s at %(employer)s, %(when)s. Place: %(place)s"),
    ),
    "reminder-near": (
        N_("Your shift begins soon"),
        N_("%(title)s at %(employer)s, %(when)s. Place: %(place)s"),
    ),
    "worker-late": (N_("Somebody will be late"), N_("%(title)s: about %(n)s minutes late.")),
    "shift-message": (N_("A message from the employer"), N_("%(title)s at %(employer)s. Open it to read.")),
    "correction-asked": (
        N_("A worker asks for other hours"),
        N_("%(title)s: please answer within 24 hours. No answer is a yes."),
    ),
    "correction-accepted": (
        N_("Your hours were changed"),
        N_("%(title)s: the change you asked for counts now."),
    ),
    "correction-refused": (N_("Your hours stay as they were"), N_("%(title)s: %(reason)s")),
    "offered": (
        N_("A place came free: do you want it?"),
        N_("%(title)s at %(employer)s, %(when)s. It is yours alone for a short while; please answer now."),
    ),
    "points": (
        N_("Points on your record"),
        N_("%(n)s points for giving a shift back late or not coming. One goes with every shift you work."),
    ),
    "paused": (
        N_("You have too many points and pause"),
        N_("You can take shifts again from %(when)s. If there was a good reason, ask at a station."),
    ),
    "points-back": (N_("Points were taken back"), N_("An officer took %(n)s points off your record.")),
    "allowance": (
        N_("You are owed an allowance"),
        N_("The shift was called off late: %(money)s. The employer pays it like your pay."),
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
    "certificate-verified": (
        N_("Your certificate is verified"),
        N_("%(certificate)s: shifts that ask for it are open to you."),
    ),
    "certificate-rejected": (N_("Your certificate was sent back"), N_("%(certificate)s: %(reason)s")),
    "certificate-ends": (
        N_("A certificate of yours ends soon"),
        N_("%(certificate)s ends on %(on)s. Please renew it and add the new one."),
    ),
    "gig-published": (N_("Your posting is public"), N_("%(title)s can be found by workers now.")),
    "gig-rejected": (N_("Your posting was sent back"), N_("%(title)s: %(reason)s")),
    "job-published": (N_("Your job is public"), N_("%(title)s can be found and applied for now.")),
    "job-rejected": (N_("Your job was sent back"), N_("%(title)s: %(reason)s")),
    "application-sent": (N_("Somebody has applied"), N_("%(title)s: please answer soon.")),
    "application-withdrawn": (N_("An applicant has withdrawn"), N_("It was about %(title)s.")),
    "application-seen": (N_("Your application was read"), N_("The employer has opened it: %(title)s.")),
    "application-invited": (
        N_("You are invited to talk"),
        N_("%(title)s: the employer wants to meet you and can see your number now."),
    ),
    "application-hired": (N_("You got the job"), N_("%(title)s: the employer takes you on.")),
    "application-refused": (N_("Not this time"), N_("%(title)s: %(because)s")),
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
    values: dict[str, Any] = {
        "title": "",
        "employer": "",
        "reason": "",
        "because": "",
        "when": "",
        "money": "",
        "on": "",
        "place": "",
        "n": "",
    } | params
    values["certificate"] = translated(CERTIFICATES.get(str(params.get("certificate")), ""))
    if "because" in params:  # a sentence of ours, kept as it is marked and told in the reader's language
        values["because"] = translated(str(params["because"]))
    if "starts_at" in params:
        values["when"] = html.moment(datetime.fromisoformat(str(params["starts_at"])))
    if "fen" in params:
        values["money"] = html.money(int(str(params["fen"])))
    return values
