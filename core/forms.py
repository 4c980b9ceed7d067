"""Input models and their errors in the reader's language; one for pages, JSON API and imports."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from core.errors import Invalid
from core.i18n import N_, translated

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""No key types them, no page shows them, and PostgreSQL refuses the first of them."""


class Input(BaseModel):
    """Base of all inputs: text is stripped, unknown fields are refused, control characters are refused."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid", str_max_length=5000)

    @field_validator("*")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        if isinstance(value, str) and CONTROL.search(value):
            raise wrong("control", N_("Please leave out characters that cannot be seen."))
        return value


M = TypeVar("M", bound=BaseModel)

MESSAGES = {
    "missing": N_("Please fill this in."),
    "string_too_short": N_("Please write at least %(min_length)s characters."),
    "string_too_long": N_("Please write at most %(max_length)s characters."),
    "greater_than_equal": N_("This must be at least %(ge)s."),
    "greater_than": N_("This must be more than %(gt)s."),
    "less_than_equal": N_("This must be at most %(le)s."),
    "less_than": N_("This must be less than %(lt)s."),
    "too_short": N_("Please give at least %(min_length)s."),
    "too_long": N_("Please give at most %(max_length)s."),
    "extra_forbidden": N_("This field is not known here."),
    "enum": N_("Please choose one of the options."),
    "literal_error": N_("Please choose one of the options."),
    "finite_number": N_("Please type a number."),
}
"""pydantic's error type → our words. Types not named here fall into the families below."""

FAMILIES = {
    "int": N_("Please type a whole number."),
    "float": N_("Please type a number."),
    "decimal": N_("Please type a number."),
    "bool": N_("Please answer yes or no."),
    "datetime": N_("Please give a date and a time, e.g. 2026-11-23T18:00."),
    "timezone": N_("Please give the time with its zone, e.g. 2026-11-23T18:00+08:00."),
    "date": N_("Please give a date, e.g. 2026-11-23."),
    "time": N_("Please give a time, e.g. 18:00."),
    "json": N_("This is not valid JSON."),
}


def wrong(code: str, message: str, **params: Any) -> PydanticCustomError:
    """An error to raise in a validator: `message` is marked with N_ and translated when it is shown."""
    return PydanticCustomError(code, message, {"ours": True, **params})  # type: ignore[arg-type]


def _sentence(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if context.get("ours"):
        # pydantic has already formatted {…}; we want the untranslated sentence and its own %(…)s.
        return translated(error["msg"], **{name: value for name, value in context.items() if name != "ours"})
    if error["type"] == "string_too_short" and context.get("min_length") == 1:
        return translated(MESSAGES["missing"])
    if error["type"] in MESSAGES:
        return translated(MESSAGES[error["type"]], **context)
    family = error["type"].split("_")[0]
    return translated(FAMILIES.get(family, N_("This is not right.")))


def sentences(failure: ValidationError) -> dict[str, str]:
    """Field path (dots for nesting) → sentence."""
    return {
        ".".join(str(step) for step in error["loc"]) or "body": _sentence(error) for error in failure.errors()
    }


def parse(model: type[M], data: Mapping[str, Any] | Any) -> M:
    """The typed input. Raises Invalid with a sentence per field, keeping what was typed."""
    try:
        return model.model_validate(data)
    except ValidationError as failure:
        typed = dict(data) if isinstance(data, Mapping) else {}
        raise Invalid(sentences(failure), typed) from None


def filled(form: Mapping[str, Any]) -> dict[str, Any]:
    """A browser's form without its empty answers and our own hidden fields: an empty field was not answered."""
    return {name: value for name, value in form.items() if value != "" and not name.startswith("_")}
