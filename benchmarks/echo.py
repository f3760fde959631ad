"""The bare line between two processes: answers on one Redis channel what it hears on another.

python -m benchmarks.echo REDIS_URL
"""

from __future__ import annotations

import sys

import redis.asyncio as redis
import uvloop

ASKED, ANSWERED = "benchmark.asked", "benchmark.answered"


async def main(url: str) -> None:
    """Echo until the process is ended."""
    client = redis.Redis.from_url(url)
    async with client.pubsub() as subscription:
        await subscription.subscribe(ASKED)
        await client.set("benchmark.ready", 1)
        async for message in subscription.listen():
            if message["type"] == "message":
                await client.publish(ANSWERED, message["data"])


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
