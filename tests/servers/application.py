"""The project's ASGI application, served for real inside the test process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tests.servers.processes import PATIENCE, wait_until


@contextmanager
def served(application: Any) -> Iterator[str]:
    """Serve an ASGI application on a free port in a thread; yields http://127.0.0.1:PORT."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        config = uvicorn.Config(
            application,
            log_level="warning",
            lifespan="off",
            proxy_headers=False,
            ws="websockets-sansio",
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="asgi-server", daemon=True
        )
        thread.start()
        wait_until(lambda: server.started, "the ASGI server answers")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
