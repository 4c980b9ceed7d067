"""What can go wrong, as values with a stable code; app/errors.py decides how each looks."""

from dataclasses import dataclass

from core.i18n import N_, translated


@dataclass(frozen=True)
class Refusal:
    """Why something may not be done: a code for programs, a sentence for people."""

    code: str
    message: str
    params: tuple[tuple[str, object], ...] = ()

    @property
    def text(self) -> str:
        """The sentence in the reader's language."""
        return translated(self.message, **dict(self.params))


def refusal(code: str, message: str, **params: object) -> Refusal:
    """A refusal whose message (marked with N_) has these values filled in when it is shown."""
    return Refusal(code, message, tuple(params.items()))


class AppError(Exception):
    """Base of all expected errors; `status` is the HTTP answer."""

    status = 500

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.code)
        self.reason = reason


class Refused(AppError):
    """A rule says no, or somebody was faster."""

    status = 409

    def __init__(self, reason: Refusal | str, message: str = "", **params: object) -> None:
        super().__init__(reason if isinstance(reason, Refusal) else refusal(reason, message, **params))


def refuse_if(reason: Refusal | None) -> None:
    """Raise Refused when a rule has given a reason."""
    if reason is not None:
        raise Refused(reason)


class NotFound(AppError):
    """It is not there, or not for this person: the answer is the same."""

    status = 404

    def __init__(self) -> None:
        super().__init__(refusal("not-found", N_("This page is not there, or it is not yours to see.")))


class SignInNeeded(AppError):
    """Nobody is signed in, and somebody must be."""

    status = 401

    def __init__(self) -> None:
        super().__init__(refusal("sign-in", N_("Please sign in first.")))


class Forbidden(AppError):
    """Signed in, but this is another role's work."""

    status = 403

    def __init__(
        self,
        code: str = "forbidden",
        message: str = N_("Sign in with another account, or go back to your own pages."),
    ) -> None:
        super().__init__(refusal(code, message))


class Malformed(AppError):
    """The request itself is broken (400)."""

    status = 400

    def __init__(
        self, code: str = "malformed", message: str = N_("The request could not be understood.")
    ) -> None:
        super().__init__(refusal(code, message))


class TooLarge(AppError):
    """More than any page or call of ours takes (413)."""

    status = 413

    def __init__(self) -> None:
        super().__init__(refusal("too-large", N_("The request is too large.")))


class Invalid(AppError):
    """Some fields are not right; `errors` maps a field to its sentence (in the reader's language)."""

    status = 422

    def __init__(self, errors: dict[str, str], values: dict[str, object] | None = None) -> None:
        super().__init__(refusal("invalid", N_("Some answers need another look.")))
        self.errors = errors
        self.values = values or {}


class TooMany(AppError):
    """Slow down; `retry_after` is in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(refusal("too-many", N_("Too many tries. Please wait %(n)s seconds."), n=retry_after))
        self.retry_after = retry_after


class SecondFactorNeeded(AppError):
    """Officers and administrators show a second factor in every session."""

    status = 403

    def __init__(self) -> None:
        super().__init__(refusal("second-factor", N_("Please show your second factor first.")))
