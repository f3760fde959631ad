"""What proxies say of whom they speak for: the address and the scheme, believed from some only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from stations.proxies import PEER


def behind_proxies(application: Any) -> Any:
    """The ASGI application, which finds in its scope whom the proxies speak for, and at `PEER`
    where the connection came from.

    uvicorn does the first by itself, but then nobody knows the second: it is started without.
    """
    believing: Any = ProxyHeadersMiddleware(application, settings.FORWARDED_ALLOW_IPS)

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        client = scope.get("client")
        scope[PEER] = client[0] if client else ""
        await believing(scope, receive, send)

    return answer
