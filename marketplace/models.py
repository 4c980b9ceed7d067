"""Tables of the gig market. What the database refuses by itself stands in migrations/0002_guards.py."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from marketplace.rules import (
    ApplicationState,
    CheckedBy,
    ClaimState,
    CorrectionState,
    GigState,
    InvitationState,
    JobState,
    MarkKind,
    PayKind,
    PayState,
    RefusalReason,
    Settles,
    ShiftState,
    Side,
    Tier,
)


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
    policy_number = fields.CharField(60, default="")
    """Number of the accident policy, for the terms."""
    certificates: list[str] = fields.JSONField(default=list)
    """Kinds of certificate (keys of rulebook.trades.CERTIFICATES) a worker needs."""
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
    held = fields.SmallIntField(default=0)
    """Free places held for open invitations."""
    state = fields.CharEnumField(ShiftState, max_length=10, default=ShiftState.OPEN)
    tier = fields.CharEnumField(Tier, max_length=10, default=Tier.ALL)
    widens_at = fields.DatetimeField(null=True)
    """When the shift opens to the next tier."""
    called_off_at = fields.DatetimeField(null=True)
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
    made_by: fields.ForeignKeyNullableRelation = fields.ForeignKeyField(
        "accounts.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    """The officer who acted for a person without a phone."""
    slip_code = fields.CharField(6, default="")
    """Six digits on the printed slip, typed by the employer to check such a person in."""
    reminded_far_at = fields.DatetimeField(null=True)
    reminded_near_at = fields.DatetimeField(null=True)
    on_way_at = fields.DatetimeField(null=True)
    late_minutes = fields.SmallIntField(null=True)
    """How late the worker says to be."""

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


class Invitation(Model):
    """An exclusive offer of a freed place to one person on the waiting list, for 90 seconds."""

    id = fields.BigIntField(primary_key=True)
    shift: fields.ForeignKeyRelation[Shift] = fields.ForeignKeyField(
        "marketplace.Shift", related_name="invitations"
    )
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "marketplace.Claim", related_name="invitations"
    )
    state = fields.CharEnumField(InvitationState, max_length=10, default=InvitationState.OPEN)
    offered_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitation"
        indexes = (Index(fields=("state", "expires_at")), Index(fields=("shift_id", "state")))


class Mark(Model):
    """A favourite or a block, by a worker about an employer or the other way round."""

    id = fields.BigIntField(primary_key=True)
    side = fields.CharEnumField(Side, max_length=10)
    kind = fields.CharEnumField(MarkKind, max_length=10)
    worker: fields.ForeignKeyRelation = fields.ForeignKeyField("accounts.User", related_name="marks")
    employer: fields.ForeignKeyRelation = fields.ForeignKeyField("accounts.Employer", related_name="marks")
    at = fields.DatetimeField()

    class Meta:
        table = "mark"
        unique_together = (("side", "worker", "employer"),)
        indexes = (Index(fields=("employer_id", "side", "kind")),)


class PointRow(Model):
    """Points for giving a claim back late. They fade by the rule table and are only ever added to."""

    id = fields.BigIntField(primary_key=True)
    worker: fields.ForeignKeyRelation = fields.ForeignKeyField("accounts.User", related_name="points")
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "marketplace.Claim", related_name="points"
    )
    points = fields.SmallIntField()
    """Negative when an officer takes them back."""
    reason = fields.CharField(20)
    at = fields.DatetimeField()

    class Meta:
        table = "point"
        indexes = (Index(fields=("worker_id", "at")),)


class Template(Model):
    """A posting kept by an employer, to be posted again."""

    id = fields.BigIntField(primary_key=True)
    employer: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.Employer", related_name="templates"
    )
    gig: fields.ForeignKeyRelation[Gig] = fields.ForeignKeyField("marketplace.Gig", related_name="templates")
    name = fields.CharField(40)
    used_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "template"
        unique_together = (("employer", "name"),)


class ShiftMessage(Model):
    """What an employer wrote to everybody on a shift."""

    id = fields.BigIntField(primary_key=True)
    shift: fields.ForeignKeyRelation[Shift] = fields.ForeignKeyField(
        "marketplace.Shift", related_name="messages"
    )
    author: fields.ForeignKeyRelation = fields.ForeignKeyField("accounts.User", related_name=False)
    text = fields.CharField(500)
    at = fields.DatetimeField()

    class Meta:
        table = "shift_message"


class Correction(Model):
    """A worker's wish to have the hours of a claim changed. No answer within 24 hours is a yes."""

    id = fields.BigIntField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "marketplace.Claim", related_name="corrections"
    )
    minutes = fields.IntField()
    reason = fields.CharField(300)
    state = fields.CharEnumField(CorrectionState, max_length=10, default=CorrectionState.OPEN)
    asked_at = fields.DatetimeField()
    answer_by = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    answer = fields.CharField(300, default="")

    class Meta:
        table = "correction"
        indexes = (Index(fields=("state", "answer_by")),)


class Rating(Model):
    """Stars and words of one side about the other, after a shift."""

    id = fields.BigIntField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "marketplace.Claim", related_name="ratings"
    )
    side = fields.CharEnumField(Side, max_length=10)
    stars = fields.SmallIntField()
    words = fields.CharField(300, default="")
    at = fields.DatetimeField()

    class Meta:
        table = "rating"
        unique_together = (("claim", "side"),)


class Truth(Model):
    """Whether five facts of the posting were true, as the worker says after the shift."""

    id = fields.BigIntField(primary_key=True)
    claim: fields.OneToOneRelation[Claim] = fields.OneToOneField("marketplace.Claim", related_name="truth")
    address = fields.BooleanField(null=True)
    work = fields.BooleanField(null=True)
    pay = fields.BooleanField(null=True)
    hours = fields.BooleanField(null=True)
    meals = fields.BooleanField(null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "truth"


class Job(Model):
    """A lasting vacancy."""

    id = fields.BigIntField(primary_key=True)
    employer: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.Employer", related_name="jobs", on_delete=fields.RESTRICT
    )
    site: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.Site", related_name="jobs", on_delete=fields.RESTRICT
    )
    title = fields.CharField(60)
    trade = fields.CharField(20)
    duties = fields.TextField()
    conditions = fields.TextField()
    min_age = fields.SmallIntField(default=18)
    openings = fields.SmallIntField()
    monthly_from_fen = fields.BigIntField()
    monthly_to_fen = fields.BigIntField()
    hours_a_week = fields.SmallIntField(default=40)
    valid_until = fields.DateField()
    state = fields.CharEnumField(JobState, max_length=10, default=JobState.PENDING)
    rejection = fields.CharField(300, default="")
    created_by: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.User", related_name=False, on_delete=fields.RESTRICT
    )
    created_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    decided_by: fields.ForeignKeyNullableRelation = fields.ForeignKeyField(
        "accounts.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )

    class Meta:
        table = "job"
        indexes = (Index(fields=("state", "created_at")), Index(fields=("employer_id", "state")))


class Application(Model):
    """A worker's application for a job."""

    id = fields.BigIntField(primary_key=True)
    job: fields.ForeignKeyRelation[Job] = fields.ForeignKeyField(
        "marketplace.Job", related_name="applications", on_delete=fields.RESTRICT
    )
    worker: fields.ForeignKeyRelation = fields.ForeignKeyField(
        "accounts.User", related_name="applications", on_delete=fields.RESTRICT
    )
    words = fields.CharField(1000, default="")
    file_path = fields.CharField(100, default="")
    file_type = fields.CharField(40, default="")
    file_name = fields.CharField(120, default="")
    state = fields.CharEnumField(ApplicationState, max_length=10, default=ApplicationState.SENT)
    refusal = fields.CharEnumField(RefusalReason, max_length=12, null=True)
    answer = fields.CharField(500, default="")
    sent_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "application"
        unique_together = (("job", "worker"),)
        indexes = (Index(fields=("worker_id", "sent_at")), Index(fields=("job_id", "state")))


__models__ = [
    Gig,
    Shift,
    Terms,
    Claim,
    LedgerRow,
    Skip,
    Attendance,
    PayLine,
    Invitation,
    Mark,
    PointRow,
    Template,
    ShiftMessage,
    Correction,
    Rating,
    Truth,
    Job,
    Application,
]
