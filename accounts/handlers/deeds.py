"""Who acted for me, and who looked at what is mine."""

from starlette.requests import Request
from starlette.responses import Response

from accounts import queries
from core.html import page
from core.i18n import N_, _, translated

WORDS = {
    "phone.seen": N_("looked at your phone number"),
    "assist.looked-up": N_("looked you up by phone or ID number"),
    "assist.registered": N_("opened your account with you"),
    "assist.consented": N_("read the consent to you, and you agreed"),
    "certificate.seen": N_("looked at the number of your certificate"),
    "certificate.verified": N_("verified your certificate"),
    "certificate.rejected": N_("sent your certificate back"),
    "claim.hired": N_("took a shift for you"),
    "claim.waiting": N_("put you on a waiting list"),
    "claim.cancelled": N_("gave your shift back"),
    "claim.undone": N_("undid your shift within five minutes"),
    "claim.called-off": N_("called your shift off"),
    "claim.working": N_("noted that you came"),
    "claim.worked": N_("noted that you left"),
    "employer.member-added": N_("made you a member of an employer"),
    "pay.due": N_("noted what you earned"),
    "pay.confirmed": N_("confirmed your hours"),
    "pay.paid": N_("noted that you were paid"),
}
"""Verb of the audit trail → what it means to the person it is about. The rest is told in general words."""


async def show(request: Request) -> Response:
    """The page, newest first."""
    found = await queries.deeds_about(request.state.viewer.id)
    told = [
        (deed, translated(WORDS[deed.verb]) if deed.verb in WORDS else _("did something")) for deed in found
    ]
    return page(request, "accounts/deeds.html", deeds=told)
