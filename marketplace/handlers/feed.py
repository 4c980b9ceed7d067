"""New shifts near a place as an Atom feed."""

from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import Response

from core import clock, i18n, settings
from core.errors import NotFound
from core.html import money, time_range
from core.i18n import _
from marketplace.handlers import places
from marketplace.queries.feed import NewShift, newest

ATOM = "http://www.w3.org/2005/Atom"


async def shifts(request: Request) -> Response:
    """The newest public shifts near the place in the address, or everywhere."""
    now, near = clock.now(), places.told(request)
    if near is None and request.query_params.get("place"):
        raise NotFound
    found = await newest(near, now)
    home = settings.current().public_url
    query = f"?place={near.code}" if near and near.code else ""
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": i18n.get_locale()})
    title = _("New shifts near %(place)s", place=near.name) if near else _("New shifts")
    _text(feed, "title", title)
    _text(feed, "id", f"{home}/shifts.atom{query}")
    _text(feed, "updated", _moment(found[0].at if found else now))
    SubElement(feed, "link", {"rel": "self", "href": f"{home}/shifts.atom{query}"})
    SubElement(feed, "link", {"rel": "alternate", "href": f"{home}/shifts{query}"})
    for new in found:
        _entry(feed, new, f"{home}/shifts/{new.offer.id}")
    body = tostring(feed, encoding="utf-8", xml_declaration=True)
    headers = {"Cache-Control": "public, max-age=300", "Vary": "Cookie, Accept-Language"}
    return Response(body, 200, headers, "application/atom+xml")


def _entry(feed: Element, new: NewShift, address: str) -> None:
    offer = new.offer
    entry = SubElement(feed, "entry")
    _text(entry, "title", f"{offer.title} · {money(offer.total_fen)}")
    _text(entry, "id", address)
    _text(entry, "updated", _moment(new.at))
    SubElement(entry, "link", {"href": address})
    _text(SubElement(entry, "author"), "name", offer.employer)
    rate = _("%(money)s/hour", money=money(offer.hourly_fen))
    when = time_range(offer.starts_at, offer.ends_at)
    _text(entry, "summary", f"{when} · {offer.site} · {offer.place} · {rate}")


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
