"""The same endpoint under daphne, which reads a whole body before the application sees it."""

from __future__ import annotations

import sys

import pytest

from diagnostics.models.log_file import UploadForm
from tests.servers.processes import ServerProcess, free_port, port_answers
from tests.uploads.conftest import address_at, content_of, curl


@pytest.mark.servers
def test_daphne_serves_the_same_uploads(configured, process_environment, log_directory, log_file):
    port = free_port()
    argv = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)]
    server = ServerProcess(
        [*argv, "config.asgi:application"],
        log=log_file.with_name("daphne.log"),
        environment={**process_environment, "LOG_STORE_URL": f"file://{log_directory}"},
    )
    server.start(lambda: port_answers(port))
    try:
        address = address_at(f"http://127.0.0.1:{port}")
        url = f"{address.url}/"
        assert curl("-T", str(log_file), "-H", "Expect: 100-continue", url).status == 200
        assert curl("-F", f"file=@{log_file}", url).status == 200
        assert (
            curl("-T", str(log_file), f"{url}x", "-H", "Transfer-Encoding: chunked").status == 200
        )
        assert curl("-T", str(log_file), f"http://127.0.0.1:{port}/u/unknown").status == 404
        assert curl(url).status == 405
    finally:
        server.stop()
    (file,) = address.files()
    assert content_of(file) == log_file.read_bytes()
    assert (file.times_received, file.form) == (3, UploadForm.RAW)
