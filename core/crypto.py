"""Keys, encrypted fields, blind indexes and signed values."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tortoise import fields
from tortoise.models import Model

from core import settings

PREFIX = "enc:"


@dataclass(frozen=True)
class Keys:
    """The secrets of an installation. Losing the file means losing every encrypted field."""

    active: str
    encryption: dict[str, bytes]
    index: bytes
    signing: bytes


def keys() -> Keys:
    """The keys in force; the file is made at the first start, readable by its owner alone."""
    chosen = settings.current()
    return _load(Path(chosen.secret_file) if chosen.secret_file else chosen.data_dir / "keys.json")


@cache
def _load(path: Path) -> Keys:
    if not path.exists():
        _create(path)
    raw = json.loads(path.read_text())
    return Keys(
        active=raw["active"],
        encryption={name: base64.b64decode(key) for name, key in raw["encryption"].items()},
        index=base64.b64decode(raw["index"]),
        signing=base64.b64decode(raw["signing"]),
    )


def _create(path: Path) -> None:
    fresh = [base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(3)]
    body = {"active": "k1", "encryption": {"k1": fresh[0]}, "index": fresh[1], "signing": fresh[2]}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(body, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # refuses when another process made the keys meanwhile: theirs are the keys then
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def encrypt(text: str, purpose: str) -> str:
    """AES-256-GCM; `purpose` (table.column) is bound in, so a value cannot be moved to another column."""
    chosen = keys()
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(chosen.encryption[chosen.active]).encrypt(nonce, text.encode(), purpose.encode())
    return f"{PREFIX}{chosen.active}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(value: str, purpose: str) -> str:
    """The text again. Raises ValueError when key or purpose do not fit."""
    name, body = value.removeprefix(PREFIX).split(":", 1)
    raw = base64.b64decode(body)
    try:
        return AESGCM(keys().encryption[name]).decrypt(raw[:12], raw[12:], purpose.encode()).decode()
    except (InvalidTag, KeyError) as error:
        raise ValueError(f"cannot decrypt {purpose}") from error


def blind_index(text: str) -> str:
    """A keyed hash by which an encrypted value can be found but not read."""
    return hmac.new(keys().index, text.encode(), hashlib.sha256).hexdigest()


def sign(text: str, purpose: str, length: int = 32) -> str:
    """A keyed hash that only this installation can make; `length` hex digits of it."""
    return hmac.new(keys().signing, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()[:length]


def is_signed(text: str, signature: str, purpose: str) -> bool:
    """Whether `sign` made this signature; compares in constant time."""
    expected = sign(text, purpose, len(signature))
    return len(signature) >= 16 and hmac.compare_digest(expected.encode(), signature.encode())


class EncryptedField(fields.TextField):
    """Text that is encrypted in the database and plain in Python."""

    def _purpose(self) -> str:
        return f"{self.model._meta.db_table}.{self.model_field_name}"

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        """Encrypt on the way in; already encrypted text passes."""
        if value is None or value.startswith(PREFIX):
            return value
        return encrypt(value, self._purpose())

    def to_python_value(self, value: Any) -> Any:
        """Decrypt on the way out; Tortoise sends new plain values through here too."""
        if isinstance(value, str) and value.startswith(PREFIX):
            return decrypt(value, self._purpose())
        return value


def masked(text: str) -> str:
    """Enough of a phone or ID number to recognise one's own: 138****1234, 3205**********1234."""
    text = text.removeprefix("+86")
    if len(text) < 8:
        return text[:1] + "*" * (len(text) - 1)
    head = 3 if len(text) <= 11 else 4
    return f"{text[:head]}{'*' * (len(text) - head - 4)}{text[-4:]}"
