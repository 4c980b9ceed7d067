"""Roads to a person outside the site: SMS and e-mail. Each has a console adapter by default."""

import asyncio
import json
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

import structlog

from core import crypto, settings

log = structlog.get_logger("notices")


class Unsent(Exception):
    """The road is closed for now; the outbox tries again."""


@dataclass(frozen=True)
class Message:
    """One message to one address (phone or mail address)."""

    to: str
    subject: str
    text: str


class Channel(Protocol):
    """A road. Raises Unsent when the message could not be handed over."""

    async def send(self, message: Message) -> None:
        """Hand the message over."""


class Console:
    """Tells the operator that a message would have gone out; the text stays out of the log."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def send(self, message: Message) -> None:
        """Log the fact, with the address masked."""
        log.info("notice.console", channel=self.name, to=crypto.masked(message.to), letters=len(message.text))


class SmsCommand:
    """Any provider, by a small program that reads {"phone", "text"} as JSON."""

    def __init__(self, program: str) -> None:
        self.program = program

    async def send(self, message: Message) -> None:
        """Run the program; a non-zero exit means the message was not sent."""
        process = await asyncio.create_subprocess_exec(self.program, stdin=asyncio.subprocess.PIPE)
        await process.communicate(json.dumps({"phone": message.to, "text": message.text}).encode())
        if process.returncode:
            raise Unsent(f"exit {process.returncode}")


class Smtp:
    """A mail server."""

    def __init__(self, url: str, sender: str) -> None:
        self.server = urlsplit(url)
        self.sender = sender

    async def send(self, message: Message) -> None:
        """Send one plain-text mail."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, message.to, message.subject
        mail.set_content(message.text)
        await asyncio.to_thread(self._deliver, mail)

    def _deliver(self, mail: EmailMessage) -> None:
        import smtplib

        try:
            with smtplib.SMTP(
                self.server.hostname or "localhost", self.server.port or 25, timeout=10
            ) as server:
                if self.server.username:
                    server.starttls()
                    server.login(unquote(self.server.username), unquote(self.server.password or ""))
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            raise Unsent(type(error).__name__) from error


def sms() -> Channel:
    """The road by SMS in force."""
    program = settings.current().sms_command
    return SmsCommand(program) if program else Console("sms")


def mail() -> Channel:
    """The road by e-mail in force."""
    chosen = settings.current()
    return Smtp(chosen.smtp_url, chosen.mail_from) if chosen.smtp_url else Console("mail")
