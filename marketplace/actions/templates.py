"""Templates: keeping a posting under a name, posting it again."""

from datetime import datetime

from core import audit
from core.database import transaction
from core.errors import NotFound, Refused
from core.i18n import N_
from marketplace.actions import gigs
from marketplace.forms import ShiftInput
from marketplace.models import Gig, Template

TEMPLATES_MAX = 60


async def save_template(gig: Gig, name: str, now: datetime) -> Template:
    """Keep a posting under a name. The same name again means this posting from now on."""
    employer_id = gig.employer_id  # type: ignore[attr-defined]
    async with transaction():
        others = await Template.filter(employer_id=employer_id).exclude(name=name).count()
        if others >= TEMPLATES_MAX:
            raise Refused(
                "templates-many", N_("There are %(n)s templates already. Delete one first."), n=TEMPLATES_MAX
            )
        values = {"gig_id": gig.id, "created_at": now}
        kept, _ = await Template.update_or_create(defaults=values, employer_id=employer_id, name=name)
        await audit.record("template.saved", "template", kept.id, now=now, gig=gig.id)
    return kept


async def post_from(
    template: Template, employer_ids: tuple[int, ...], shifts: list[ShiftInput], now: datetime
) -> list[int]:
    """Further shifts of a template whose posting is public: they are public at once. Ids of the shifts."""
    async with transaction():
        added = await gigs.add_shifts(template.gig.id, employer_ids, shifts, now)
        await Template.filter(id=template.id).update(used_at=now)
    return added


async def delete_template(template_id: int, employer_ids: tuple[int, ...], now: datetime) -> None:
    """Delete a template; the posting stays. Raises NotFound for anybody else's."""
    async with transaction():
        if not await Template.filter(id=template_id, employer_id__in=employer_ids).delete():
            raise NotFound
        await audit.record("template.deleted", "template", template_id, now=now)
