"""E-mail over SMTP: one connection per batch."""

import logging
import re
import smtplib
import ssl
import time
from collections.abc import Sequence
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime

from muster.observability.spans import Tracer
from muster.observability.tracing import calling
from services.notify.domain.delivery import PATIENCE, Outcome, Result
from services.notify.settings import NotifySettings
from services.notify.use_cases.deliver_mail import Letter, Mailer

_TIMEOUT_SECONDS = 15
_PERMANENT = 500
_LONGEST_LINE = 900  # RFC 5321 allows 998 octets
_ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")
_ON_THE_WIRE = compat32.clone(linesep="\r\n")

log = logging.getLogger(__name__)


def open_mailer(settings: NotifySettings, tracer: Tracer | None = None) -> Mailer:
    """Return the mailer the settings ask for; without a server, one that only says so."""
    return SmtpMailer(settings, settings.smtp_host, tracer) if settings.smtp_host else NoMailer()


class NoMailer:
    """Stands in where no e-mail server is configured."""

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        """Suppress every letter, visibly."""
        reason = "no e-mail server is configured: set MUSTER_SMTP_HOST"
        log.warning("%d e-mails suppressed: %s", len(letters), reason)
        return [Result(Outcome.SUPPRESSED, reason)] * len(letters)


class SmtpMailer:
    """Sends through one SMTP server."""

    def __init__(self, settings: NotifySettings, host: str, tracer: Tracer | None = None) -> None:
        self._settings = settings
        self._host = host
        self._tracer = tracer

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        """Send all over one connection; what was not begun when it broke comes back released."""
        results: list[Result] = []
        try:
            with self._connect() as smtp:
                self._send_all(smtp, letters, results)
        except (OSError, smtplib.SMTPException) as error:
            if not results:  # no connection at all: the whole batch has had its attempt
                return [Result(Outcome.RETRIED, f"{self._host}: {_why(error)}")] * len(letters)
            if len(results) < len(letters):
                results.append(Result(Outcome.RETRIED, f"the connection broke: {_why(error)}"))
        waiting = len(letters) - len(results)
        return results + [Result(Outcome.RELEASED)] * waiting

    def _send_all(
        self, smtp: smtplib.SMTP, letters: Sequence[Letter], results: list[Result]
    ) -> None:
        deadline = time.monotonic() + PATIENCE.total_seconds()
        for letter in letters:
            if time.monotonic() > deadline:
                return
            results.append(self._send_traced(smtp, letter))

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        smtp = smtplib.SMTP(self._host, settings.smtp_port, timeout=_TIMEOUT_SECONDS)
        try:
            if settings.smtp_starttls:
                smtp.starttls(context=ssl.create_default_context())
            if settings.smtp_user is not None and settings.smtp_password is not None:
                smtp.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _send_traced(self, smtp: smtplib.SMTP, letter: Letter) -> Result:
        words = {"server.address": self._host, "muster.notification_id": letter.notification_id}
        with calling(self._tracer, "send e-mail", letter.traceparent, words) as span:
            result = self._send_one(smtp, letter)
            if span is not None and result.outcome is not Outcome.SENT:
                span.fail(f"{result.outcome}: {result.detail}")
        return result

    def _send_one(self, smtp: smtplib.SMTP, letter: Letter) -> Result:
        try:
            smtp.sendmail(self._settings.smtp_from, [letter.address], self._content(letter))
        except smtplib.SMTPRecipientsRefused as refused:
            code, reason = refused.recipients[letter.address]
            return _refused(code, reason)
        except smtplib.SMTPSenderRefused as refused:  # our fault, and it may be put right
            return Result(Outcome.RETRIED, f"sender refused: {_why(refused)}")
        except smtplib.SMTPDataError as refused:
            return _refused(refused.smtp_code, refused.smtp_error)
        except ValueError as error:  # an address or header that no message can carry
            return Result(Outcome.FAILED, f"not a possible e-mail: {error}")
        except (OSError, smtplib.SMTPException):
            raise  # the connection's fault
        except Exception as error:  # this letter's: what was sent before it must not be lost
            log.exception("an e-mail cannot be written", extra={"id": letter.notification_id})
            return Result(Outcome.RETRIED, f"not written: {type(error).__name__}: {error}")
        return Result(Outcome.SENT, letter.address)

    def _content(self, letter: Letter) -> bytes:
        """Return the message as bytes; raise ValueError for an address that is none."""
        if not _ADDRESS.fullmatch(letter.address):
            raise ValueError(f"{letter.address!r} is no address")
        sender = self._settings.smtp_from
        # The older of the library's two message classes: a third of the time, and it is enough.
        message = MIMEText(letter.body, "plain", _charset(letter.body))
        message["From"] = sender
        message["To"] = letter.address
        message["Subject"] = letter.title
        message["Date"] = format_datetime(letter.written_at)
        # Stable over attempts: a server or reader that gets it twice can tell.
        message["Message-ID"] = f"<{letter.notification_id}@{sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        return message.as_bytes(policy=_ON_THE_WIRE)


def _charset(body: str) -> str:
    """Return the plainest character set that carries the body; anything but ASCII is encoded."""
    plain = body.isascii() and max(map(len, body.splitlines()), default=0) <= _LONGEST_LINE
    return "us-ascii" if plain else "utf-8"


def _refused(code: int, reason: bytes | str) -> Result:
    outcome = Outcome.FAILED if code >= _PERMANENT else Outcome.RETRIED
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return Result(outcome, f"{code} {text}")


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
