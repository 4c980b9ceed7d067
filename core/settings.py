"""The settings table: every knob with its default and its meaning, read once and strictly."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


class WrongSetting(Exception):
    """A setting that cannot be understood stops the start: guessing would hide it."""


def _text(raw: str) -> str:
    return raw


def _flag(raw: str) -> bool:
    words = {
        "1": True,
        "yes": True,
        "true": True,
        "on": True,
        "0": False,
        "no": False,
        "false": False,
        "off": False,
    }
    try:
        return words[raw.strip().lower()]
    except KeyError:
        raise ValueError("say yes or no") from None


def _names(raw: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in raw.split(",") if name.strip())


def setting(default: Any, meaning: str, parse: Callable[[str], Any] = _text) -> Any:
    """One row of the table; the environment variable is the field's name in capitals."""
    return field(default=default, metadata={"help": meaning, "parse": parse})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings. `docs/settings.md` is checked against this table."""

    data_dir: Path = setting(
        Path("data"), "Folder of everything Jishi keeps: database file, files, keys, logs.", Path
    )
    database_url: str = setting("", "PostgreSQL address (postgres://…). Empty: a SQLite file in DATA_DIR.")
    redis_url: str = setting(
        "", "Redis or Valkey address. Empty: `python -m app run` starts a private Valkey."
    )
    site_url: str = setting(
        "", "The public address people type, e.g. https://jishi.example. Empty: the local address."
    )
    host: str = setting("127.0.0.1", "Address the web process listens on.")
    port: int = setting(8000, "Port the web process listens on.", int)
    media_port: int = setting(0, "Port of the media process. 0: PORT + 1.", int)
    web_processes: int = setting(1, "How many web processes `python -m app run` starts.", int)
    allowed_hosts: tuple[str, ...] = setting((), "Further host names the site answers to, by comma.", _names)
    trusted_proxies: tuple[str, ...] = setting(
        (), "Addresses of proxies whose X-Forwarded-* headers count.", _names
    )
    secret_file: str = setting("", "File with the keys. Empty: DATA_DIR/keys.json, made at the first start.")
    demo: bool = setting(
        False, "Demo mode: codes are shown on the page instead of being sent. Never in production.", _flag
    )
    development: bool = setting(False, "Show the component gallery at /ui and reload templates.", _flag)
    map_tiles: str = setting(
        "", "Address pattern of an approved map's tiles. Empty: the built-in outline map."
    )
    sms_command: str = setting(
        "", "Program that sends an SMS: gets phone and text on standard input as JSON. Empty: console."
    )
    smtp_url: str = setting("", "Mail server, smtp://user:password@host:port. Empty: console.")
    mail_from: str = setting("jishi@localhost", "Sender of e-mails.")
    files_url: str = setting("", "Object store (s3://bucket/prefix). Empty: DATA_DIR/files.")
    log_format: str = setting("console", "console or json.")

    @property
    def database(self) -> str:
        """The database address in force."""
        return self.database_url or f"sqlite://{self.data_dir.resolve()}/jishi.db"

    @property
    def embedded(self) -> bool:
        """True when the truth lives in a SQLite file beside the program."""
        return self.database.startswith("sqlite")

    @property
    def public_url(self) -> str:
        """The address that goes into QR codes, calendars and messages; no slash at the end."""
        return (self.site_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def secure(self) -> bool:
        """True when people reach the site by https; decides cookie names and HSTS."""
        return self.public_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises WrongSetting naming the variable and what was expected."""
    environ = os.environ if environ is None else environ
    values = {}
    for row in fields(Settings):
        raw = environ.get(row.name.upper(), "")
        if raw == "":
            continue
        try:
            values[row.name] = row.metadata["parse"](raw)
        except ValueError as error:
            raise WrongSetting(f"{row.name.upper()}={raw!r}: {error}. {row.metadata['help']}") from None
    return Settings(**values)


_current: Settings | None = None


def current() -> Settings:
    """The settings of this process, read at the first call."""
    global _current
    if _current is None:
        _current = load()
    return _current


def install(settings: Settings) -> None:
    """Use these settings from now on (command line, tests)."""
    global _current
    _current = settings
