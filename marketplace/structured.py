"""Public postings as schema.org JobPosting, for search engines and whoever else reads pages by program."""

from typing import Any

from core.clock import local
from marketplace.queries.jobs import JobOffer, JobPage
from marketplace.queries.shifts import ShiftPage
from rulebook import places, trades
from rulebook.law import rule


def of_job(job: JobPage, address: str) -> dict[str, Any]:
    """A lasting job. `address` is where it stands on the web."""
    offer = job.offer
    return {
        **_posting(offer.title, f"{job.duties}\n{job.conditions}", offer.employer, offer.trade, address),
        "identifier": _identifier(offer.employer, f"job-{offer.id}"),
        "datePosted": local(offer.published_at).date().isoformat() if offer.published_at else None,
        "validThrough": offer.valid_until.isoformat(),
        "employmentType": "PART_TIME" if _is_part_time(offer) else "FULL_TIME",
        "totalJobOpenings": offer.openings,
        "workHours": f"{offer.hours_a_week} h/week",
        "jobLocation": _place(offer.region_code, job.address),
        "baseSalary": _pay("MONTH", minValue=offer.monthly_from_fen, maxValue=offer.monthly_to_fen),
    }


def _is_part_time(offer: JobOffer) -> bool:
    most = rule("part-time-week", offer.valid_until)
    return bool(most and most.limit and offer.hours_a_week <= most.limit)


def of_shift(shift: ShiftPage, address: str) -> dict[str, Any]:
    """A shift. The street is told to who is hired, and not here."""
    offer = shift.offer
    return {
        **_posting(offer.title, f"{shift.duties}\n{shift.conditions}", offer.employer, offer.trade, address),
        "identifier": _identifier(offer.employer, f"shift-{offer.id}"),
        "datePosted": local(shift.verified_at).date().isoformat() if shift.verified_at else None,
        "validThrough": offer.starts_at.isoformat(),
        "jobStartDate": local(offer.starts_at).date().isoformat(),
        "employmentType": ["TEMPORARY", "PER_DIEM"],
        "totalJobOpenings": offer.places_left,
        "workHours": f"{local(offer.starts_at):%H:%M}-{local(offer.ends_at):%H:%M}",
        "jobLocation": _place(offer.region_code, ""),
        "baseSalary": _pay("HOUR", value=offer.hourly_fen),
    }


def _posting(title: str, description: str, employer: str, trade: str, address: str) -> dict[str, Any]:
    kind = trades.trade(trade)
    return {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": title,
        "description": description,
        "url": address,
        "directApply": True,
        "occupationalCategory": kind.occupation if kind else None,
        "hiringOrganization": {"@type": "Organization", "name": employer},
    }


def _identifier(employer: str, value: str) -> dict[str, str]:
    return {"@type": "PropertyValue", "name": employer, "value": value}


def _place(region_code: str, street: str) -> dict[str, Any]:
    county = places.county(region_code)
    address = {"@type": "PostalAddress", "addressCountry": "CN"}
    if county:
        address |= {"addressRegion": county.full_name, "addressLocality": county.name}
    return {"@type": "Place", "address": address | ({"streetAddress": street} if street else {})}


def _pay(unit: str, **fen: int) -> dict[str, Any]:
    amount = {name: value / 100 for name, value in fen.items()}
    value = {"@type": "QuantitativeValue", "unitText": unit, **amount}
    return {"@type": "MonetaryAmount", "currency": "CNY", "value": value}
