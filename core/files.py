"""Files people give us: a folder by default, an object store in production."""

import hashlib
import secrets
from dataclasses import dataclass
from functools import cache

import obstore
from obstore.store import LocalStore, S3Store

from core import settings
from core.errors import Invalid
from core.i18n import _

LARGEST = 10 * 1024 * 1024
KINDS = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
}
"""What may be uploaded, told by its first bytes and never by its name."""


@dataclass(frozen=True)
class Stored:
    """A file that is safely kept: its random path, kind, size and SHA-256."""

    path: str
    media_type: str
    size: int
    sha256: str


@cache
def _store(url: str, folder: str) -> LocalStore | S3Store:
    if url:
        return S3Store.from_url(url)
    return LocalStore(prefix=folder, mkdir=True)


def store() -> LocalStore | S3Store:
    """The store in force."""
    chosen = settings.current()
    return _store(chosen.files_url, str((chosen.data_dir / "files").resolve()))


async def keep(content: bytes, *, field: str) -> Stored:
    """Keep an uploaded document. Raises Invalid naming the field when it is empty, too large or of another kind."""
    if not content:
        raise Invalid({field: _("This file is empty.")})
    if len(content) > LARGEST:
        raise Invalid({field: _("This file is larger than 10 MB.")})
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), None)
    if kind is None:
        raise Invalid({field: _("Please choose a PDF, JPG or PNG file.")})
    media_type, ending = kind
    path = f"{secrets.token_hex(2)}/{secrets.token_hex(16)}.{ending}"
    await obstore.put_async(store(), path, content)
    return Stored(path, media_type, len(content), hashlib.sha256(content).hexdigest())


async def read(path: str) -> bytes:
    """The content of a kept file."""
    found = await obstore.get_async(store(), path)
    return bytes(await found.bytes_async())
