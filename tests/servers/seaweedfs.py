"""A real S3 server for the tests: SeaweedFS, all parts in one process."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.servers.processes import ServerProcess, free_port

BUCKET = "diagnostics"
PARTS = ("s3", "master", "volume", "filer", "admin")


class SeaweedFS:
    """S3 on 127.0.0.1 with one bucket; `environment` is what an S3 client needs to reach it."""

    def __init__(self, directory: Path) -> None:
        self.ports = free_port_pairs(len(PARTS))
        self.environment = {
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.ports[0]}",
        }
        argv = [str(Path(sys.prefix) / "bin" / "weed"), "mini", f"-dir={directory}"]
        # By default it listens on all addresses, and its filer lists files to everybody.
        argv += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={BUCKET}"]
        argv += [f"-{part}.port={port}" for part, port in zip(PARTS, self.ports, strict=True)]
        argv += ["-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        self._server = ServerProcess(
            argv,
            log=directory / "seaweedfs.log",
            environment=self.environment,
        )

    def start(self) -> None:
        """Start, and return when the bucket is there."""
        self._server.start(self._has_bucket)

    def stop(self) -> None:
        """Kill the server: it would take half a minute to stop, and its files go with it."""
        self._server.stop(timeout=0.1)

    def _has_bucket(self) -> bool:
        client = boto3.client(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_DEFAULT_REGION"],
            config=Config(
                connect_timeout=1,
                read_timeout=2,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )
        try:
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
            client.delete_object(Bucket=BUCKET, Key="ready")
        except (BotoCoreError, ClientError):
            return False
        finally:
            client.close()
        return True


def free_port_pairs(count: int) -> list[int]:
    """Return ports whose neighbour 10,000 above is free too: SeaweedFS speaks gRPC there."""
    found: list[int] = []
    while len(found) < count:
        port = free_port()
        # The system hands out ports from 32768 up; the neighbour must stay below 65536.
        if port < 55536 and port not in found and _is_free(port + 10_000):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
