"""Writes about people and organisations: one transaction each."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import pyotp
from tortoise.exceptions import IntegrityError
from tortoise.expressions import F

from accounts import rules
from accounts.forms import (
    CertificateInput,
    EmployerInput,
    ProfileInput,
    RegisterInput,
    SavedPlaceInput,
    SiteInput,
)
from accounts.models import (
    Certificate,
    Consent,
    Employer,
    Membership,
    Notice,
    SavedPlace,
    Session,
    SignInCode,
    Site,
    User,
)
from accounts.queries import members_to_tell, token_hash
from accounts.rules import CertificateState, IdentityState, LicenceState, Purpose, Role, SessionKind, Viewer
from core import audit, crypto, live, outbox
from core.clock import local
from core.database import Row, insert, insert_all, transaction
from core.errors import Forbidden, NotFound, Refusal, Refused, refusal
from core.files import Stored
from core.i18n import N_

TOTP_STEP = 30
CONSENT_VERSION = "2026-11"


# --- signing in ---


async def request_code(phone: str, now: datetime) -> str:
    """Make a sign-in code and promise to send it; the same for known and unknown numbers.

    Returns the code, which only the demo may show.
    """
    index = crypto.blind_index(phone)
    async with transaction():
        await SignInCode.filter(phone_index=index, used_at=None).update(used_at=now)
        row = await SignInCode.create(
            phone=phone,
            phone_index=index,
            nonce=secrets.token_hex(16),
            created_at=now,
            expires_at=now + rules.CODE_LIVES,
        )
        await outbox.promise("accounts.send_code", code_id=row.id)
    return code_of(row)


def code_of(row: SignInCode) -> str:
    """The six digits of a row; only a holder of the keys can make them."""
    return f"{int(crypto.sign(f'{row.id} {row.nonce}', 'sign-in-code', 15), 16) % 1_000_000:06}"


async def sign_in(phone: str, code: str, *, locale: str, device: str, now: datetime) -> str:
    """Exchange a code for a browser session; an account is made at the first time. Returns the token."""
    index = crypto.blind_index(phone)
    row = await SignInCode.filter(phone_index=index).order_by("-id").first()
    if row is None:
        raise Refused(_wrong_code())
    # The try is counted before the code is compared, and by itself: a refused try stays counted.
    counted = await SignInCode.filter(id=row.id, tries__lt=rules.CODE_TRIES).update(tries=F("tries") + 1)
    matches = hmac.compare_digest(code_of(row).encode(), code.strip().encode())
    why_not = rules.why_not_code(
        expires_at=row.expires_at,
        exhausted=not counted,
        used=row.used_at is not None,
        matches=matches,
        now=now,
    )
    if why_not:
        raise Refused(why_not)
    async with transaction():
        if not await SignInCode.filter(id=row.id, used_at=None).update(used_at=now):
            raise Refused(_wrong_code())
        user = await _account(phone, index, locale, now)
        if user.disabled_at is not None:
            raise Forbidden("disabled", N_("This account is closed. Please ask at a station."))
        return await _open_session(user, SessionKind.BROWSER, device, now)


def _wrong_code() -> Refusal:
    return refusal("wrong-code", N_("This code is wrong or has expired. Please ask for a new one."))


async def _account(phone: str, index: str, locale: str, now: datetime) -> User:
    user = await User.get_or_none(phone_index=index)
    if user is None:
        user = await User.create(phone=phone, phone_index=index, locale=locale, created_at=now)
        await audit.record("account.opened", "account", user.id, now=now, subject_id=user.id)
    return user


async def _open_session(user: User, kind: SessionKind, device: str, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    staff = await Membership.filter(user_id=user.id, role__in=rules.STAFF).exists()
    lifetime = rules.STAFF_SESSION if staff and kind is SessionKind.BROWSER else rules.WORKER_SESSION
    session = await Session.create(
        token_hash=token_hash(token),
        user=user,
        kind=kind,
        device=device[:80],
        created_at=now,
        last_seen_at=now,
        expires_at=now + lifetime.absolute,
        # A bearer token is made at the machine's own command line, which is proof enough.
        second_factor_at=now if kind is SessionKind.API else None,
    )
    await audit.record("session.opened", "session", session.id, now=now, subject_id=user.id, by=kind.value)
    return token


async def open_api_session(phone: str, now: datetime) -> str | None:
    """A bearer token for a program, or None when nobody has that phone."""
    user = await User.get_or_none(phone_index=crypto.blind_index(phone))
    if user is None:
        return None
    async with transaction():
        return await _open_session(user, SessionKind.API, "command line", now)


async def end_session(viewer: Viewer, session_id: int, now: datetime) -> None:
    """End one of one's own sessions. Raises NotFound for anybody else's."""
    async with transaction():
        mine = Session.filter(id=session_id, user_id=viewer.id, ended_at=None)
        if not await mine.update(ended_at=now):
            raise NotFound
        await audit.record("session.ended", "session", session_id, now=now)


async def keep_alive(session_id: int, last_seen_at: datetime, now: datetime) -> None:
    """Note that a session is in use; at most every five minutes, it is a write after all."""
    if now - last_seen_at > timedelta(minutes=5):
        await Session.filter(id=session_id).update(last_seen_at=now)


# --- second factor ---


async def new_totp(viewer: Viewer) -> str:
    """The secret for an authenticator app of somebody who has none yet; made once and kept until it is confirmed."""
    async with transaction():
        user = await User.get(id=viewer.id)
        if user.totp_last_step:
            raise Refused("second-factor-set", N_("A second factor is set up already."))
        if user.totp_secret is None:
            user.totp_secret = pyotp.random_base32()
            await user.save(update_fields=["totp_secret"])
    return str(user.totp_secret)


async def show_second_factor(viewer: Viewer, code: str, now: datetime) -> None:
    """Accept a code of the authenticator app for this session. A code works once."""
    user = await User.get(id=viewer.id)
    step = _totp_step(str(user.totp_secret or ""), code.strip(), now)
    async with transaction():
        fresh = step and await User.filter(id=user.id, totp_last_step__lt=step).update(totp_last_step=step)
        if not fresh:
            raise Refused(
                "wrong-second-factor", N_("This code is wrong or was used before. Please take the next one.")
            )
        await Session.filter(id=viewer.session_id).update(second_factor_at=now)
        await audit.record("session.second-factor", "session", viewer.session_id, now=now)


def _totp_step(secret: str, code: str, now: datetime) -> int:
    """The time step a code belongs to (now, one before or one after), or 0."""
    if not secret:
        return 0
    present = int(now.timestamp()) // TOTP_STEP
    app = pyotp.TOTP(secret)
    steps = (present, present - 1, present + 1)
    return next(
        (step for step in steps if hmac.compare_digest(app.generate_otp(step).encode(), code.encode())), 0
    )


# --- a person ---


async def tell_who(viewer: Viewer, profile: ProfileInput, now: datetime) -> None:
    """Keep name and ID number of a person. An ID number belongs to one account."""
    try:
        async with transaction():
            user = await User.get(id=viewer.id)
            if user.identity_state is IdentityState.VERIFIED:
                raise Refused("identity-fixed", N_("Your identity is verified. A station can correct it."))
            user.name, user.id_number, user.birth_date = profile.name, profile.id_number, profile.birth_date
            user.id_index = crypto.blind_index(profile.id_number)
            user.identity_state = IdentityState.DECLARED
            await user.save(update_fields=["name", "id_number", "birth_date", "id_index", "identity_state"])
            await audit.record("account.identity", "account", user.id, now=now)
    except IntegrityError:
        raise Refused(
            "id-number-taken", N_("This ID number belongs to another account. Please ask at a station.")
        ) from None


async def set_locale(viewer: Viewer, locale: str) -> None:
    """Messages come in this language from now on."""
    await User.filter(id=viewer.id).update(locale=locale)


def consent_to_share(user_id: int, employer_id: int, now: datetime) -> Row:
    """The row that says that somebody lets this employer see name and phone."""
    return Consent, {
        "user_id": user_id,
        "employer_id": employer_id,
        "purpose": Purpose.SHARE_WITH_EMPLOYER,
        "text_version": CONSENT_VERSION,
        "given_at": now,
    }


# --- saved places ---


async def save_place(viewer: Viewer, new: SavedPlaceInput, now: datetime) -> SavedPlace:
    """Keep a place under a name; the same name again moves it."""
    async with transaction():
        count = await SavedPlace.filter(user_id=viewer.id).exclude(name=new.name).count()
        if count >= rules.SAVED_PLACES_MAX:
            raise Refused(
                "places-many",
                N_("You have %(n)s places already. Delete one first."),
                n=rules.SAVED_PLACES_MAX,
            )
        at = new.model_dump(exclude={"name"}) | {"created_at": now}
        place, _ = await SavedPlace.update_or_create(defaults=at, user_id=viewer.id, name=new.name)
        await audit.record("place.saved", "place", place.id, now=now)
    return place


async def forget_place(viewer: Viewer, place_id: int, now: datetime) -> None:
    """Delete one of one's own places. Raises NotFound for anybody else's."""
    async with transaction():
        if not await SavedPlace.filter(id=place_id, user_id=viewer.id).delete():
            raise NotFound
        await audit.record("place.forgotten", "place", place_id, now=now)


# --- certificates ---


async def add_certificate(
    viewer: Viewer, new: CertificateInput, photo: Stored | None, now: datetime
) -> Certificate:
    """Hand in a certificate for an officer to look at. One of the same kind that still waits is replaced."""
    async with transaction():
        await Certificate.filter(user_id=viewer.id, kind=new.kind, state=CertificateState.PENDING).delete()
        paper = await Certificate.create(
            user_id=viewer.id,
            kind=new.kind,
            number=new.number,
            expires_on=new.expires_on,
            file_path=photo.path if photo else "",
            file_type=photo.media_type if photo else "",
            created_at=now,
        )
        await audit.record("certificate.added", "certificate", paper.id, now=now, of=new.kind)
    return paper


async def remove_certificate(viewer: Viewer, certificate_id: int, now: datetime) -> None:
    """Take one of one's own certificates out. Raises NotFound for anybody else's."""
    async with transaction():
        if not await Certificate.filter(id=certificate_id, user_id=viewer.id).delete():
            raise NotFound
        await audit.record("certificate.removed", "certificate", certificate_id, now=now)


async def decide_certificate(
    certificate_id: int, officer: Viewer, *, accept: bool, reason: str, now: datetime
) -> None:
    """An officer says whether a certificate is right. A no needs its reason."""
    if not accept and not reason:
        raise Refused("reason-needed", N_("Please give the reason; the worker will read it."))
    state = CertificateState.VERIFIED if accept else CertificateState.REJECTED
    async with transaction():
        paper = await Certificate.get_or_none(id=certificate_id).values("user_id", "kind")
        if paper is None:
            raise NotFound
        moved = await Certificate.filter(id=certificate_id, state=CertificateState.PENDING).update(
            state=state, decided_at=now, decided_by_id=officer.id, rejection="" if accept else reason
        )
        if not moved:
            raise Refused("decided", N_("This certificate has been decided already."))
        whose = paper["user_id"]
        await audit.record(
            f"certificate.{state.value}", "certificate", certificate_id, now=now, subject_id=whose
        )
        await notify(
            whose,
            f"certificate-{state.value}",
            now,
            link=f"/account/certificates#c{certificate_id}",
            certificate=paper["kind"],
            reason=reason,
        )


async def see_certificate(certificate_id: int, whose: int, now: datetime) -> None:
    """Note that an officer looked at somebody's certificate; that person can read it."""
    async with transaction():
        await audit.record("certificate.seen", "certificate", certificate_id, now=now, subject_id=whose)


async def warn_of_certificates(now: datetime) -> int:
    """Tell people whose certificate ends within 30 days, once (timer)."""
    today = local(now).date()
    ending = Certificate.filter(
        state=CertificateState.VERIFIED,
        expires_on__gte=today,
        expires_on__lte=today + rules.CERTIFICATE_NOTICE,
    )
    told = 0
    for paper in await ending.order_by("expires_on").limit(500).values("id", "user_id", "kind", "expires_on"):
        link = f"/account/certificates#ends{paper['id']}"
        if await Notice.filter(user_id=paper["user_id"], kind="certificate-ends", link=link).exists():
            continue
        async with transaction():
            await notify(
                paper["user_id"],
                "certificate-ends",
                now,
                link=link,
                certificate=paper["kind"],
                on=paper["expires_on"].isoformat(),
            )
        told += 1
    return told


# --- acting for somebody without a phone ---


async def look_up(phone: str | None, id_number: str, now: datetime) -> int | None:
    """Find somebody by a whole phone or ID number; every find is kept and shown to that person."""
    by = {"phone_index": crypto.blind_index(phone)} if phone else {"id_index": crypto.blind_index(id_number)}
    async with transaction():
        found = await User.get_or_none(**by, disabled_at=None).values_list("id", flat=True)
        if found is not None:
            await audit.record("assist.looked-up", "account", found, now=now, subject_id=found)
    return found


async def register_for(new: RegisterInput, now: datetime) -> int:
    """Open an account for somebody without a phone of their own; who has one already is not made twice.

    The number is a relative's or the station's and may serve several people. It is for messages alone: the account
    is found by its ID number, so the owner of the phone cannot sign in as this person.
    """
    try:
        async with transaction():
            user = await User.create(
                phone=new.phone,
                phone_index=crypto.blind_index(f"assisted {new.id_number}"),
                name=new.name,
                id_number=new.id_number,
                id_index=crypto.blind_index(new.id_number),
                birth_date=new.birth_date,
                identity_state=IdentityState.VERIFIED,
                created_at=now,
            )
            await audit.record(
                "assist.registered", "account", user.id, now=now, subject_id=user.id, consent=CONSENT_VERSION
            )
    except IntegrityError:
        raise Refused(
            "id-number-taken", N_("This person has an account already. Please look them up by the ID number.")
        ) from None
    return int(user.id)


# --- notices ---


async def notify(
    user_id: int, kind: str, now: datetime, *, link: str = "", beside: Sequence[Row] = (), **params: object
) -> None:
    """Put a notice into somebody's inbox, in the open transaction, and promise to send it on.

    `params` are names and numbers of public things, never personal data; the text is made when it is read.
    `beside` are other rows of the same action, which then cost no round trip of their own.
    """
    notice_id = await insert(Notice, user_id=user_id, kind=kind, params=params, link=link, created_at=now)
    await insert_all(*beside, outbox.row("accounts.send_notice", notice_id=notice_id))
    live.touch("inbox", user_id)


async def notify_employer(
    employer_id: int, kind: str, now: datetime, *, link: str = "", **params: object
) -> None:
    """The same for every member of an employer."""
    for user_id in await members_to_tell(employer_id):
        await notify(user_id, kind, now, link=link, **params)


async def read_notices(viewer: Viewer, now: datetime) -> None:
    """Mark the whole inbox as read."""
    await Notice.filter(user_id=viewer.id, read_at=None).update(read_at=now)


# --- employers ---


async def register_employer(
    viewer: Viewer, new: EmployerInput, licence: Stored | None, now: datetime
) -> Employer:
    """Register an employer with its licence; the one who does it becomes its first member."""
    try:
        async with transaction():
            employer = await Employer.create(
                name=new.name,
                credit_code=new.credit_code,
                kind=new.kind,
                region_code=new.region_code,
                created_at=now,
                **_licence(licence, now),
            )
            await Membership.create(user_id=viewer.id, role=Role.EMPLOYER, employer=employer, created_at=now)
            await audit.record("employer.registered", "employer", employer.id, now=now)
    except IntegrityError:
        raise Refused(
            "credit-code-taken", N_("This credit code is registered already. Ask a member to add you.")
        ) from None
    return employer


def _licence(stored: Stored | None, now: datetime) -> dict[str, object]:
    if stored is None:
        return {}
    return {
        "licence_path": stored.path,
        "licence_type": stored.media_type,
        "licence_state": LicenceState.PENDING,
        "submitted_at": now,
    }


async def submit_licence(employer_id: int, stored: Stored, now: datetime) -> None:
    """Hand in a licence, new or again, for an officer to look at."""
    async with transaction():
        await Employer.filter(id=employer_id).update(**_licence(stored, now), rejection="")
        await audit.record(
            "employer.licence-submitted", "employer", employer_id, now=now, sha256=stored.sha256
        )


async def decide_licence(
    employer_id: int, officer: Viewer, *, accept: bool, reason: str, now: datetime
) -> None:
    """An officer says whether the licence is right. A no needs its reason."""
    if not accept and not reason:
        raise Refused("reason-needed", N_("Please give the reason; the employer will read it."))
    async with transaction():
        employer = await Employer.get(id=employer_id)
        why_not = rules.why_not_verify(employer.licence_state)
        if why_not:
            raise Refused(why_not)
        state = LicenceState.VERIFIED if accept else LicenceState.REJECTED
        await Employer.filter(id=employer_id).update(
            licence_state=state,
            decided_at=now,
            decided_by_id=officer.id,
            verified_until=now + rules.REVERIFY_AFTER if accept else None,
            rejection="" if accept else reason,
        )
        await audit.record("employer.decided", "employer", employer_id, now=now, to=state.value)
        kind = "employer-verified" if accept else "employer-rejected"
        await notify_employer(employer_id, kind, now, link="/employer", employer=employer.name, reason=reason)


async def add_site(employer_id: int, new: SiteInput, now: datetime) -> Site:
    """A new place of an employer."""
    async with transaction():
        site = await Site.create(employer_id=employer_id, **new.model_dump())
        await audit.record("site.added", "site", site.id, now=now)
    return site


async def add_member(employer_id: int, phone: str, now: datetime) -> None:
    """Let somebody act for the employer. The account is made when there is none."""
    async with transaction():
        user = await _account(phone, crypto.blind_index(phone), "zh-Hans", now)
        member = {"user": user, "role": Role.EMPLOYER, "employer_id": employer_id}
        if await Membership.filter(**member).exists():
            raise Refused("member-already", N_("This person acts for the employer already."))
        await Membership.create(**member, created_at=now)
        await audit.record("employer.member-added", "employer", employer_id, now=now, subject_id=user.id)
