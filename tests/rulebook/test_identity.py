"""Codes and numbers as people type them."""

from datetime import date

import pytest

from rulebook.identity import birth_date, compact, normal_phone, why_not_credit_code, why_not_id_number

TODAY = date(2026, 11, 23)
GOOD_CODE = "91110000600037341L"
GOOD_ID = "11010519491231002X"


@pytest.mark.parametrize(
    "typed",
    [
        GOOD_CODE,
        GOOD_CODE.lower(),
        f" {GOOD_CODE} ",
        "9111 0000 6000 3734 1L",
        "９１１１００００６０００３７３４１Ｌ",
    ],
)
def test_a_credit_code_is_taken_however_it_is_typed(typed):
    assert why_not_credit_code(typed) is None
    assert compact(typed) == GOOD_CODE


@pytest.mark.parametrize("position", range(18))
def test_a_credit_code_with_one_wrong_digit_is_refused(position):
    wrong = "8" if GOOD_CODE[position] != "8" else "7"
    found = why_not_credit_code(GOOD_CODE[:position] + wrong + GOOD_CODE[position + 1 :])
    assert (found.code, found.level, found.field) == ("credit-code", "stop", "credit_code")


@pytest.mark.parametrize(
    "typed",
    ["", "91110000600037341", GOOD_CODE + "0", "A1110000600037341L", "9111000060003734IL", "工商注册号"],
)
def test_what_does_not_look_like_a_credit_code_is_refused(typed):
    assert why_not_credit_code(typed).message == "A credit code has 18 digits and capital letters."


@pytest.mark.parametrize(
    "typed", [GOOD_ID, GOOD_ID.lower(), "110105 19491231 002x", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_an_id_number_is_taken_however_it_is_typed(typed):
    assert why_not_id_number(typed, TODAY) is None
    assert birth_date(typed) == date(1949, 12, 31)


@pytest.mark.parametrize("position", range(17))
def test_an_id_number_with_one_wrong_digit_is_refused(position):
    wrong = str((int(GOOD_ID[position]) + 1) % 10)
    found = why_not_id_number(GOOD_ID[:position] + wrong + GOOD_ID[position + 1 :], TODAY)
    assert "check digit" in found.message


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "X",
        "110105194912310",
        GOOD_ID[:-1],
        GOOD_ID + "1",
        "1101051949123100X2",
        "١١٠١٠٥١٩٤٩١٢٣١٠٠٢٨",
        "一" * 18,
        "身份证",
    ],
)
def test_what_does_not_look_like_an_id_number_is_refused(typed):
    assert why_not_id_number(typed, TODAY).message.startswith("An ID number has 18 digits")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("11010520010229001", "exist"),  # no 29 February in 2001
        ("11010520011301001", "exist"),
        ("11010520261124001", "cannot be right"),  # born tomorrow
        ("11010519051122001", "cannot be right"),  # 121 years old
    ],
)
def test_an_id_number_needs_a_birth_date_that_can_be(body, word):
    digit = "0123456789X"[(12 - sum(int(n) * 2 ** (17 - i) for i, n in enumerate(body)) % 11) % 11]
    assert word in why_not_id_number(body + digit, TODAY).message


def test_a_child_born_today_and_a_leap_day_are_fine():
    for body in ("11010520261123001", "11010520000229001"):
        digit = "0123456789X"[(12 - sum(int(n) * 2 ** (17 - i) for i, n in enumerate(body)) % 11) % 11]
        assert why_not_id_number(body + digit, TODAY) is None


@pytest.mark.parametrize(
    "typed",
    [
        "13900001234",
        "139 0000 1234",
        "139-0000-1234",
        "+86 13900001234",
        "008613900001234",
        "8613900001234",
        "１３９００００１２３４",
    ],
)
def test_a_mobile_number_is_taken_however_it_is_typed(typed):
    assert normal_phone(typed) == "+8613900001234"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1390000123",
        "139000012345",
        "0512-57301234",
        "+852 5123 4567",
        "+1 650 253 0000",
        "12345678901",
        "110",
        "手机号",
    ],
)
def test_what_is_no_mainland_mobile_number_is_not_taken(typed):
    assert normal_phone(typed) is None
