"""Credit codes, ID numbers and mobile numbers as people type them, checked and brought into one form."""

import unicodedata
from datetime import date

import phonenumbers
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from core.i18n import N_
from rulebook.findings import Finding
from rulebook.trades import age_on

OLDEST = 120
"""Nobody who signs up is older; a birth year beyond it is a typing mistake."""
ID_LENGTH = 18


def compact(text: str) -> str:
    """Half-width, capitals, no spaces or dashes: Chinese keyboards easily type full-width digits."""
    narrow = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in narrow if not letter.isspace() and letter not in "-–—‐_.").upper()


def why_not_credit_code(text: str) -> Finding | None:
    """Why this is no unified social credit code (18 characters with a check digit), or None."""
    try:
        uscc.validate(compact(text))
    except InvalidChecksum:
        return _bad_credit_code(
            N_("One character of this credit code is wrong: the check digit does not match.")
        )
    except ValidationError:
        return _bad_credit_code(N_("A credit code has 18 digits and capital letters."))
    return None


def why_not_id_number(text: str, on: date) -> Finding | None:
    """Why this is no ID number of a living person on that day, or None. Whose it is, it cannot tell."""
    number = compact(text)
    if not _looks_like_id(number):
        return _bad_id_number(N_("An ID number has 18 digits; the last may be X."))
    if ric.calc_check_digit(number) != number[-1]:
        return _bad_id_number(N_("One digit of this ID number is wrong: the check digit does not match."))
    try:
        born = birth_date(number)
    except ValueError:
        return _bad_id_number(N_("The birth date in this ID number does not exist."))
    if born > on or age_on(born, on) > OLDEST:
        return _bad_id_number(N_("The birth date in this ID number cannot be right."))
    return None


def birth_date(id_number: str) -> date:
    """The birth date an ID number carries; ValueError where it carries none."""
    number = compact(id_number)
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def normal_phone(text: str) -> str | None:
    """A mainland mobile number as +8613…, or None for land lines, other countries and typing mistakes."""
    try:
        number = phonenumbers.parse(compact(text), "CN")
    except phonenumbers.NumberParseException:
        return None
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    if number.country_code != phonenumbers.country_code_for_region("CN") or not mobile:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _looks_like_id(number: str) -> bool:
    # isdigit alone would take digits of other scripts.
    digits = number[:-1] + (number[-1:] if number[-1:] != "X" else "0")
    return len(number) == ID_LENGTH and digits.isascii() and digits.isdigit()


def _bad_credit_code(message: str) -> Finding:
    return Finding("credit-code", "stop", "credit_code", message, "GB 32100-2015")


def _bad_id_number(message: str) -> Finding:
    return Finding("id-number", "stop", "id_number", message, "GB 11643-1999")
