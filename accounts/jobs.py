"""Work that follows from people's actions."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from accounts import actions, notices
from accounts.actions import code_of
from accounts.models import Notice, SignInCode
from core import i18n
from core.i18n import _
from core.notices import Message, sms
from core.outbox import outside_transaction


@outside_transaction
async def send_code(now: datetime, code_id: int) -> None:
    """Send a sign-in code, unless it is used or too old by now."""
    row = await SignInCode.get_or_none(id=code_id, used_at=None, expires_at__gt=now)
    if row is not None:
        text = _("%(code)s is your code for Jishi. It is good for five minutes. Never tell it to anybody.")
        await sms().send(Message(str(row.phone), "", text % {"code": code_of(row)}))


@outside_transaction
async def send_notice(now: datetime, notice_id: int) -> None:
    """Send a notice on by SMS, unless it has been read in the site already."""
    notice = await Notice.get_or_none(id=notice_id, read_at=None).select_related("user")
    if notice is not None and notice.kind in notices.URGENT:
        with i18n.speaking(notice.user.locale):
            await sms().send(Message(str(notice.user.phone), "", notices.sentence(notice)))


timers: dict[str, tuple[int, Callable[[datetime], Awaitable[int]]]] = {
    "accounts.warn_of_certificates": (3600, actions.warn_of_certificates),
}
"""Name → every how many seconds, and what."""

jobs = {"accounts.send_code": send_code, "accounts.send_notice": send_notice}
