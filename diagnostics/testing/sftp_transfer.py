"""Brings one file by SFTP as a station would. Needs asyncssh (the extra `sftp`)."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote, urlsplit

import asyncssh

from diagnostics.testing.transfer import PIECE, SLOW_PIECES
from diagnostics.testing.uploads import Upload
from diagnostics.testing.work import UploadEnd


async def sftp_transfer(upload: Upload) -> UploadEnd:
    """Send the file and say how it ended; raises nothing of its own. Any host key is believed."""
    split = urlsplit(upload.location)
    try:
        async with (
            asyncssh.connect(
                split.hostname or "",
                split.port or 22,
                username=unquote(split.username or ""),
                password=unquote(split.password or ""),
                known_hosts=None,
                client_keys=None,
                agent_path=None,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            return await _bring(upload, client, f"{unquote(split.path)}{upload.filename}")
    except (OSError, asyncssh.Error):
        return UploadEnd(whole=False)


async def _bring(upload: Upload, client: asyncssh.SFTPClient, path: str) -> UploadEnd:
    behaviour, content = upload.behaviour, upload.content
    sent = int(len(content) * behaviour.sends_part)
    step = max(1, min(PIECE, sent // SLOW_PIECES)) if behaviour.upload_lasts else PIECE
    pieces = max(1, -(-sent // step))
    file = await client.open(path, "wb")
    for start in range(0, sent, step):
        await file.write(content[start : min(start + step, sent)])
        await asyncio.sleep(behaviour.upload_lasts / pieces)
    if sent < len(content):
        return UploadEnd(whole=False)  # the session ends, and the file was never closed
    await file.close()
    return UploadEnd(whole=True, ftp_reply=226)
