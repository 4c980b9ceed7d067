"""Encrypted fields, blind indexes, signatures, masks, and the file of keys."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core import crypto, settings

PURPOSE = "account.phone"
PHONE = "+8613800138000"


@given(some.text())
def test_what_is_encrypted_comes_back_whole(text):
    assert crypto.decrypt(crypto.encrypt(text, PURPOSE), PURPOSE) == text


def test_the_same_text_never_looks_the_same():
    assert crypto.encrypt(PHONE, PURPOSE) != crypto.encrypt(PHONE, PURPOSE)


def test_nothing_of_the_text_is_to_be_seen():
    assert PHONE[3:] not in crypto.encrypt(PHONE, PURPOSE)


def test_a_value_moved_to_another_column_cannot_be_read():
    with pytest.raises(ValueError, match="cannot decrypt"):
        crypto.decrypt(crypto.encrypt(PHONE, PURPOSE), "account.id_number")


def test_a_changed_value_cannot_be_read():
    value = crypto.encrypt(PHONE, PURPOSE)
    broken = value[:-6] + ("A" if value[-6] != "A" else "B") + value[-5:]
    with pytest.raises(ValueError, match="cannot decrypt"):
        crypto.decrypt(broken, PURPOSE)


def test_a_value_of_a_key_we_do_not_have_cannot_be_read():
    with pytest.raises(ValueError, match="cannot decrypt"):
        crypto.decrypt(crypto.encrypt(PHONE, PURPOSE).replace(":k1:", ":k9:"), PURPOSE)


def test_the_error_does_not_quote_the_value():
    value = crypto.encrypt(PHONE, PURPOSE)
    with pytest.raises(ValueError, match=r"^cannot decrypt account.id_number$"):
        crypto.decrypt(value, "account.id_number")


def test_a_blind_index_finds_the_same_and_only_the_same():
    assert crypto.blind_index(PHONE) == crypto.blind_index(PHONE)
    assert crypto.blind_index(PHONE) != crypto.blind_index("+8613800138001")
    assert PHONE not in crypto.blind_index(PHONE)


def test_a_signature_holds_for_its_text_and_its_purpose():
    signature = crypto.sign("claim:1", "live")
    assert crypto.is_signed("claim:1", signature, "live")
    assert not crypto.is_signed("claim:2", signature, "live")
    assert not crypto.is_signed("claim:1", signature, "csrf")


@pytest.mark.parametrize("forged", ["", "0" * 15, "é" * 32, "签" * 32, "\0" * 32, "0" * 10_000])
def test_a_forged_signature_is_refused_whatever_it_is(forged):
    assert not crypto.is_signed("claim:1", forged, "live")


def test_a_shortened_signature_is_refused():
    assert not crypto.is_signed("claim:1", crypto.sign("claim:1", "live")[:12], "live")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+8613800001234", "138****1234"),
        ("13800001234", "138****1234"),
        ("320583199001011234", "3205**********1234"),
        ("1234567", "1******"),
        ("王", "王"),
        ("", ""),
    ],
)
def test_a_mask_shows_enough_to_know_ones_own(text, shown):
    assert crypto.masked(text) == shown


def test_keys_are_made_once_and_are_for_their_owner_alone(tmp_path, installed):
    file = tmp_path / "new" / "keys.json"
    settings.install(replace(installed, secret_file=str(file)))
    try:
        first = crypto.keys()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert crypto._load.__wrapped__(file) == first
        assert [each.name for each in file.parent.iterdir()] == ["keys.json"]
    finally:
        settings.install(installed)


def test_who_comes_second_takes_the_keys_of_the_first(tmp_path):
    file = tmp_path / "keys.json"
    crypto._create(file)
    before = file.read_text()
    crypto._create(file)
    assert file.read_text() == before


def test_old_values_stay_readable_after_the_key_was_changed(tmp_path, installed):
    old = crypto.encrypt(PHONE, PURPOSE)
    body = json.loads((installed.data_dir / "keys.json").read_text())
    body["encryption"]["k2"] = json.loads(_fresh(tmp_path))["encryption"]["k1"]
    file = tmp_path / "rotated.json"
    file.write_text(json.dumps(body | {"active": "k2"}))
    settings.install(replace(installed, secret_file=str(file)))
    try:
        assert crypto.decrypt(old, PURPOSE) == PHONE
        assert crypto.encrypt(PHONE, PURPOSE).startswith("enc:k2:")
    finally:
        settings.install(installed)


def _fresh(folder: Path) -> str:
    crypto._create(folder / "fresh.json")
    return (folder / "fresh.json").read_text()
