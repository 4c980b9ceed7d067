"""Postings an employer keeps to post them again."""

from dataclasses import dataclass
from datetime import datetime

from core.errors import NotFound
from marketplace.models import Shift, Template
from marketplace.queries import employer

RELATED = ("gig__site", "gig__employer")


async def templates_of(employer_id: int) -> list[Template]:
    """The templates of an employer, the last used first."""
    found = await Template.filter(employer_id=employer_id).select_related(*RELATED)
    return sorted(found, key=lambda one: (one.used_at or one.created_at, one.id), reverse=True)


async def template_of(employer_ids: tuple[int, ...], template_id: int) -> Template:
    """A template of these employers. Raises NotFound for anybody else's."""
    found = await Template.get_or_none(id=template_id, employer_id__in=employer_ids).select_related(*RELATED)
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class TemplatePage:
    """A template with the shifts it proposes: the last ones, on the next same weekdays."""

    template: Template
    again: list[Shift]


async def template_page(employer_ids: tuple[int, ...], template_id: int, now: datetime) -> TemplatePage:
    """Everything to post it again. Raises NotFound for anybody else's."""
    found = await template_of(employer_ids, template_id)
    return TemplatePage(found, await employer.again(found.gig.id, now))
