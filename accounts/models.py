"""Tables of people and organisations."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from accounts.rules import (
    CertificateState,
    EmployerKind,
    IdentityState,
    LicenceState,
    OfficeKind,
    Purpose,
    Role,
    SessionKind,
)
from core.crypto import EncryptedField


class User(Model):
    """A person's account."""

    id = fields.BigIntField(primary_key=True)
    phone = EncryptedField()
    phone_index = fields.CharField(64, unique=True)
    name = fields.CharField(60, default="")
    locale = fields.CharField(10, default="zh-Hans")
    id_number = EncryptedField(null=True)
    id_index = fields.CharField(64, null=True, unique=True)
    birth_date = fields.DateField(null=True)
    identity_state = fields.CharEnumField(IdentityState, max_length=10, default=IdentityState.NONE)
    totp_secret = EncryptedField(null=True)
    totp_last_step = fields.BigIntField(default=0)
    """Time step of the last accepted code: a code works once."""
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "account"


class Office(Model):
    """A public employment office, one of its stations, or an organiser of fairs."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(80)
    kind = fields.CharEnumField(OfficeKind, max_length=10)
    region_code = fields.CharField(9)
    """County (6 digits) or township (9 digits) it answers for."""
    address = fields.CharField(200, default="")
    lat = fields.FloatField(null=True)
    lon = fields.FloatField(null=True)

    class Meta:
        table = "office"


class Employer(Model):
    """A company, an individual business or a non-profit that hires."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(100)
    credit_code = fields.CharField(18, unique=True)
    kind = fields.CharEnumField(EmployerKind, max_length=10)
    region_code = fields.CharField(6)
    licence_state = fields.CharEnumField(LicenceState, max_length=10, default=LicenceState.MISSING)
    licence_path = fields.CharField(100, default="")
    licence_type = fields.CharField(40, default="")
    submitted_at = fields.DatetimeField(null=True)
    decided_at = fields.DatetimeField(null=True)
    decided_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "accounts.User", null=True, related_name=False, on_delete=fields.RESTRICT
    )
    verified_until = fields.DatetimeField(null=True)
    rejection = fields.CharField(300, default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "employer"
        indexes = (Index(fields=("licence_state", "region_code")),)


class Site(Model):
    """A place of an employer where people work, with its fence for checking in."""

    id = fields.BigIntField(primary_key=True)
    employer: fields.ForeignKeyRelation[Employer] = fields.ForeignKeyField(
        "accounts.Employer", related_name="sites", on_delete=fields.RESTRICT
    )
    name = fields.CharField(80)
    address = fields.CharField(200)
    region_code = fields.CharField(6)
    township_code = fields.CharField(9, default="")
    lat = fields.FloatField()
    lon = fields.FloatField()
    fence_m = fields.IntField(default=300)

    class Meta:
        table = "site"
        indexes = (Index(fields=("lat", "lon")),)


class Membership(Model):
    """A person's role at an employer or an office."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "accounts.User", related_name="memberships"
    )
    role = fields.CharEnumField(Role, max_length=15)
    employer: fields.ForeignKeyNullableRelation[Employer] = fields.ForeignKeyField(
        "accounts.Employer", related_name="members", null=True
    )
    office: fields.ForeignKeyNullableRelation[Office] = fields.ForeignKeyField(
        "accounts.Office", related_name="members", null=True
    )
    site: fields.ForeignKeyNullableRelation[Site] = fields.ForeignKeyField(
        "accounts.Site", related_name="members", null=True
    )
    """The one place a member acts for, empty for all places of the employer."""
    created_at = fields.DatetimeField()

    class Meta:
        table = "membership"
        unique_together = (("user", "role", "employer"), ("user", "role", "office"))


class Certificate(Model):
    """A paper a trade asks for, such as a health card, with the day it ends."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "accounts.User", related_name="certificates"
    )
    kind = fields.CharField(20)
    """A key of rulebook.trades.CERTIFICATES."""
    number = EncryptedField(null=True)
    expires_on = fields.DateField()
    file_path = fields.CharField(100, default="")
    file_type = fields.CharField(40, default="")
    state = fields.CharEnumField(CertificateState, max_length=10, default=CertificateState.PENDING)
    rejection = fields.CharField(300, default="")
    created_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    decided_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "accounts.User", null=True, related_name=False, on_delete=fields.RESTRICT
    )

    class Meta:
        table = "certificate"
        indexes = (Index(fields=("user_id", "kind")), Index(fields=("state", "created_at")))


class SavedPlace(Model):
    """A place somebody looks for work around, by a name of their own."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("accounts.User", related_name="places")
    name = fields.CharField(30)
    region_code = fields.CharField(9, default="")
    lat = fields.FloatField()
    lon = fields.FloatField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "saved_place"
        unique_together = (("user", "name"),)


class SignInCode(Model):
    """A code sent to a phone, good once, for five minutes, for five tries."""

    id = fields.BigIntField(primary_key=True)
    phone = EncryptedField()
    phone_index = fields.CharField(64, db_index=True)
    nonce = fields.CharField(32)
    """The code is made from this and a key outside the database: who reads the table cannot sign in."""
    tries = fields.SmallIntField(default=0)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sign_in_code"


class Session(Model):
    """Somebody signed in on one device, or a program with a bearer token. Only the token's hash is kept."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("accounts.User", related_name="sessions")
    kind = fields.CharEnumField(SessionKind, max_length=10)
    device = fields.CharField(80, default="")
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    second_factor_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "session"


class Consent(Model):
    """A person's yes to one purpose (and one receiver), with the version of the text they saw."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("accounts.User", related_name="consents")
    purpose = fields.CharEnumField(Purpose, max_length=30)
    employer: fields.ForeignKeyNullableRelation[Employer] = fields.ForeignKeyField(
        "accounts.Employer", related_name=False, null=True
    )
    text_version = fields.CharField(20)
    given_at = fields.DatetimeField()
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "consent"
        indexes = (Index(fields=("user_id", "purpose")),)


class Notice(Model):
    """A message in a person's inbox. Kept as kind and parameters, so it speaks the reader's language."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("accounts.User", related_name="notices")
    kind = fields.CharField(40)
    params: dict[str, object] = fields.JSONField(default=dict)
    link = fields.CharField(200, default="")
    created_at = fields.DatetimeField()
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "notice"
        indexes = (Index(fields=("user_id", "read_at")),)


__models__ = [
    User,
    Office,
    Employer,
    Site,
    Membership,
    Certificate,
    SavedPlace,
    SignInCode,
    Session,
    Consent,
    Notice,
]
