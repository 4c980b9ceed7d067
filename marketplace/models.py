"""Tables of the gig market. What the database refuses by itself stands in migrations/0002_guards.py."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from marketplace.rules import CheckedBy, ClaimState, GigState, PayKind, PayState, Settles, ShiftState


class Gig(Model):
    """A posting for short work at one place."""

    id = fields.BigIntField(primary_key=True)
    employer: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.Employer", related_name="gigs", on_delete=fields.RESTRICT
    )
    site: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.Site", related_name="gigs", on_delete=fields.RESTRICT
    )
    title = fields.CharField(60)
    trade = fields.CharField(20)
    duties = fields.TextField()
    conditions = fields.TextField()
    min_age = fields.SmallIntField(default=18)
    hourly_fen = fields.BigIntField()
    settles = fields.CharEnumField(Settles, max_length=10)
    meals = fields.BooleanField(default=False)
    no_experience = fields.BooleanField(default=True)
    insured = fields.BooleanField(default=False)
    valid_until = fields.DateField()
    state = fields.CharEnumField(GigState, max_length=10, default=GigState.DRAFT)
    rejection = fields.CharField(300, default="")
    created_by: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.User", related_name=False, on_delete=fields.RESTRICT
    )
    created_at = fields.DatetimeField()
    submitted_at = fields.DatetimeField(null=True)
    decided_at = fields.DatetimeField(null=True)
    decided_by: fields.ForeignKeyNullableRelation = fields.ForeignKeyField(
        "accounts.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )

    class Meta:
        table = "gig"
        indexes = (Index(fields=("state", "submitted_at")), Index(fields=("employer_id", "state")))


class Shift(Model):
    """A gig on one day from–to, with places. `taken` and `waiting` are kept by conditional updates alone."""

    id = fields.BigIntField(primary_key=True)
    gig: fields.ForeignKeyRelation[Gig] = fields.ForeignKeyField(
        "marketplace.Gig", related_name="shifts", on_delete=fields.RESTRICT
    )
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    start_minute = fields.SmallIntField()
    end_minute = fields.SmallIntField()
    """Start and end as minutes of the local day of the start, so that "tonight" is a plain comparison. The end
    of a night shift is beyond 1440."""
    break_minutes = fields.SmallIntField(default=0)
    """Unpaid minutes in between."""
    places = fields.SmallIntField()
    taken = fields.SmallIntField(default=0)
    waiting = fields.SmallIntField(default=0)
    state = fields.CharEnumField(ShiftState, max_length=10, default=ShiftState.OPEN)
    check_in_key = fields.CharField(32)
    """Secret from which the codes on the site's screen are made."""
    created_at = fields.DatetimeField()

    class Meta:
        table = "shift"
        indexes = (Index(fields=("state", "starts_at")), Index(fields=("gig_id", "starts_at")))


class Terms(Model):
    """What was agreed, word for word. A new row when anything in it changes, a claim names its row."""

    id = fields.BigIntField(primary_key=True)
    shift: fields.ForeignKeyRelation[Shift] = fields.ForeignKeyField(
        "marketplace.Shift", related_name="terms", on_delete=fields.RESTRICT
    )
    version = fields.SmallIntField()
    body: dict[str, object] = fields.JSONField()
    sha256 = fields.CharField(64)
    created_at = fields.DatetimeField()

    class Meta:
        table = "terms"
        unique_together = (("shift", "version"),)


class Claim(Model):
    """A worker's hold on one place of a shift, or on a place in its waiting list."""

    id = fields.BigIntField(primary_key=True)
    shift: fields.ForeignKeyRelation[Shift] = fields.ForeignKeyField(
        "marketplace.Shift", related_name="claims", on_delete=fields.RESTRICT
    )
    worker: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.User", related_name="claims", on_delete=fields.RESTRICT
    )
    terms: fields.ForeignKeyRelation[Terms] = fields.ForeignKeyField(
        "marketplace.Terms", related_name=False, on_delete=fields.RESTRICT
    )
    state = fields.CharEnumField(ClaimState, max_length=10)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    """Copied from the shift: the database itself refuses two overlapping claims of one worker."""
    joined_at = fields.DatetimeField()
    hired_at = fields.DatetimeField(null=True)
    undo_until = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    code_tries = fields.SmallIntField(default=0)

    class Meta:
        table = "claim"
        indexes = (
            Index(fields=("worker_id", "starts_at")),
            Index(fields=("shift_id", "state", "joined_at")),
        )


class LedgerRow(Model):
    """Places given and given back: +1 when a claim takes a place, -1 when it gives it back. Only ever added to."""

    id = fields.BigIntField(primary_key=True)
    shift: fields.ForeignKeyRelation[Shift] = fields.ForeignKeyField(
        "marketplace.Shift", related_name=False, on_delete=fields.RESTRICT
    )
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "marketplace.Claim", related_name=False, on_delete=fields.RESTRICT
    )
    change = fields.SmallIntField()
    at = fields.DatetimeField()

    class Meta:
        table = "ledger"
        unique_together = (("claim", "change"),)
        indexes = (Index(fields=("shift_id",)),)


class Skip(Model):
    """Why somebody on the waiting list was passed over when a place came free."""

    id = fields.BigIntField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField("marketplace.Claim", related_name=False)
    reason = fields.CharField(40)
    at = fields.DatetimeField()

    class Meta:
        table = "skip"


class Attendance(Model):
    """When somebody came and went, and who says so."""

    id = fields.BigIntField(primary_key=True)
    claim: fields.OneToOneRelation[Claim] = fields.OneToOneField(
        "marketplace.Claim", related_name="attendance", on_delete=fields.RESTRICT
    )
    in_at = fields.DatetimeField()
    in_by = fields.CharEnumField(CheckedBy, max_length=10)
    in_distance_m = fields.IntField(null=True)
    """Metres from the site; empty when the phone told no position, which the employer then sees."""
    out_at = fields.DatetimeField(null=True)
    out_by = fields.CharEnumField(CheckedBy, max_length=10, null=True)
    worked_minutes = fields.IntField(null=True)
    """Paid minutes: what lies inside the agreed hours, less the break."""

    class Meta:
        table = "attendance"


class PayLine(Model):
    """One line of what a worker is owed for a claim, in fen. A paid line never changes, corrections are new lines."""

    id = fields.BigIntField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "marketplace.Claim", related_name="pay_lines", on_delete=fields.RESTRICT
    )
    employer: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.Employer", related_name=False, on_delete=fields.RESTRICT
    )
    worker: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.User", related_name=False, on_delete=fields.RESTRICT
    )
    kind = fields.CharEnumField(PayKind, max_length=12)
    minutes = fields.IntField()
    hourly_fen = fields.BigIntField()
    amount_fen = fields.BigIntField()
    state = fields.CharEnumField(PayState, max_length=10)
    due_on = fields.DateField()
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    paid_at = fields.DatetimeField(null=True)
    disputed_at = fields.DatetimeField(null=True)
    dispute = fields.CharField(300, default="")

    class Meta:
        table = "pay_line"
        indexes = (
            Index(fields=("employer_id", "state", "due_on")),
            Index(fields=("worker_id", "created_at")),
        )


__models__ = [Gig, Shift, Terms, Claim, LedgerRow, Skip, Attendance, PayLine]
