"""Who one can sign in as in the demo."""

from dataclasses import dataclass

from accounts.models import Membership, User
from accounts.rules import Role
from app.demo.people import PHONE

ORDER = (*reversed(Role), None)
"""The few first, the many workers last."""


@dataclass(frozen=True)
class DemoAccount:
    """One way into the demo."""

    role: str
    """worker, employer, organiser, officer or administrator."""
    phone: str
    name: str
    employer: str
    """Name of the employer that an employer account acts for; empty for the others."""


async def accounts() -> list[DemoAccount]:
    """The demo's people, read from the database; numbers of other people are never given out."""
    members = await Membership.all().prefetch_related("user", "employer").order_by("id")
    found = {(member.role, member.user.id): _account(member.user, member) for member in members}
    engaged = {member.user.id for member in members}
    workers = [user for user in await User.all().order_by("id") if user.id not in engaged]
    everybody = [*found.items(), *(((None, user.id), _account(user)) for user in workers)]
    everybody.sort(key=lambda item: ORDER.index(item[0][0]))
    return [account for _, account in everybody if account.phone.startswith(PHONE[:-4])]


def _account(user: User, member: Membership | None = None) -> DemoAccount:
    role = member.role.value if member else "worker"
    employer = member.employer.name if member and member.employer else ""
    return DemoAccount(role, user.phone, user.name, employer)
