"""Settings: read strictly, named in the documentation, never quoted with their secrets."""

from dataclasses import fields
from pathlib import Path

import pytest

from core import settings

ROOT = Path(__file__).parents[2]


def test_nothing_set_means_the_defaults():
    assert settings.load({}) == settings.Settings()


def test_an_empty_variable_is_not_set():
    assert settings.load({"PORT": "", "DEMO": ""}) == settings.Settings()


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("PORT", "9000", 9000),
        ("DEMO", "yes", True),
        ("DEMO", "OFF", False),
        ("ALLOWED_HOSTS", "a.example, b.example", ("a.example", "b.example")),
        ("DATA_DIR", "/srv/jishi", Path("/srv/jishi")),
    ],
)
def test_a_variable_is_understood(name, raw, value):
    assert getattr(settings.load({name: raw}), name.lower()) == value


@pytest.mark.parametrize(("name", "raw"), [("PORT", "http"), ("DEMO", "perhaps"), ("WEB_PROCESSES", "1.5")])
def test_one_that_cannot_be_understood_stops_the_start_and_is_named(name, raw):
    with pytest.raises(settings.WrongSetting, match=f"{name}='{raw}'"):
        settings.load({name: raw})


def test_without_an_address_the_database_is_a_file_in_the_data_folder(tmp_path):
    chosen = settings.Settings(data_dir=tmp_path)
    assert chosen.embedded
    assert chosen.database == f"sqlite://{tmp_path}/jishi.db"
    assert not settings.Settings(database_url="postgres://localhost/jishi").embedded


@pytest.mark.parametrize(
    ("site_url", "public", "secure"),
    [
        ("", "http://127.0.0.1:8000", False),
        ("https://jishi.example/", "https://jishi.example", True),
    ],
)
def test_the_public_address(site_url, public, secure):
    chosen = settings.Settings(site_url=site_url)
    assert (chosen.public_url, chosen.secure) == (public, secure)


def test_every_setting_says_what_it_is_for():
    assert all(row.metadata["help"].endswith((".", "…)")) for row in fields(settings.Settings))
