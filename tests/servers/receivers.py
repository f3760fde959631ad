"""Who is told: a real HTTP server and a real mail server, which answer as tests want."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Post:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class WebhookReceiver:
    """Keeps what is posted; `answers` are statuses for the next posts, or seconds to be silent."""

    address: str = ""
    posts: list[Post] = field(default_factory=list)
    answers: list[int | float] = field(default_factory=list)

    def answer(self) -> int | float:
        return self.answers.pop(0) if self.answers else 200


@contextmanager
def webhook_receiver() -> Iterator[WebhookReceiver]:
    kept = WebhookReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.posts.append(Post(self.path, dict(self.headers), body))
            answer = kept.answer()
            if isinstance(answer, float):
                time.sleep(answer)
                return
            self.send_response(answer)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.address = f"http://127.0.0.1:{server.server_address[1]}/hook"
    with _running(server):
        yield kept


@dataclass
class MailReceiver:
    """Keeps the mails that came; `refusals` are answers to the next recipients: "550 no".

    `greeted` counts who connected.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    greeted: int = 0


class _Session(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to receive a mail."""

    kept: MailReceiver

    def handle(self) -> None:
        self.kept.greeted += 1
        self._say("220 ready")
        while line := self.rfile.readline():
            word = line.decode().strip().upper()
            if word == "QUIT":
                return self._say("221 bye")
            self._take(word, line.decode().strip())
        return None

    def _take(self, word: str, line: str) -> None:
        if word.startswith("RCPT"):
            refusal = self.kept.refusals.pop(0) if self.kept.refusals else ""
            if not refusal:
                self.kept.recipients.append(line.partition("<")[2].partition(">")[0])
            return self._say(refusal or "250 ok")
        if word == "DATA":
            self._say("354 go on")
            self.kept.mails.append(self._mail())
        return self._say("250 ok")

    def _mail(self) -> EmailMessage:
        lines = iter(self.rfile.readline, b".\r\n")
        text = b"".join(line.removeprefix(b".") for line in lines)
        mail = email.message_from_bytes(text, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        return mail

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    kept = MailReceiver()
    handler: Callable[..., Any] = type("Session", (_Session,), {"kept": kept})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    kept.port = int(server.server_address[1])
    with _running(server):
        yield kept


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
