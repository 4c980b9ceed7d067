"""Whether this database is the demo's. Demo mode shows sign-in codes, so it must never touch real people."""

from datetime import datetime

from accounts.models import User
from app.demo.load import load
from core import audit
from core.clock import local
from core.models import AuditRow

MARK = "demo.loaded"


class RealData(Exception):
    """Demo mode was asked for on a database that holds real people."""


async def prepare(*, wanted: bool, insisted: bool, now: datetime, seed: int = 1) -> bool:
    """Load the demo into an empty database when wanted; whether the database is the demo's now.

    Raises RealData when somebody insists on the demo although other data is there.
    """
    if await AuditRow.filter(verb=MARK).exists():
        return True
    if await User.exists():
        if insisted:
            raise RealData(
                "这个数据库里有真实数据，不能用作演示。请用 --data 另选一个文件夹。\n"
                "This database holds real data and cannot become a demo. Choose another folder with --data."
            )
        return False
    if wanted:
        await load(local(now).date(), now, seed)
        await audit.record(MARK, "demo", None, now=now)
    return wanted
