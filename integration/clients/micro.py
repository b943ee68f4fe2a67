"""Looks at all services with nats-py's own micro types and prints what it found as JSON.

python micro.py ADDRESS
"""

import asyncio
import json
import sys

import nats
from nats.micro.service import ServiceInfo, ServicePing, ServiceStats


async def ask(client, verb, kind):
    """The answers of all services that are heard within half a second of silence."""
    inbox = client.new_inbox()
    answers = await client.subscribe(inbox)
    await client.publish(f"$SRV.{verb}", b"", reply=inbox)
    found = []
    try:
        while True:
            message = await answers.next_msg(timeout=0.5)
            found.append(kind.from_dict(json.loads(message.data)))
    except nats.errors.TimeoutError:
        return found


async def main(address):
    client = await nats.connect(address, inbox_prefix=b"_INBOX.ops")
    found = {}
    for ping in await ask(client, "PING", ServicePing):
        found[ping.name] = {"id": ping.id, "version": ping.version}
    for info in await ask(client, "INFO", ServiceInfo):
        found[info.name]["description"] = info.description
        found[info.name]["endpoints"] = [
            {"name": it.name, "subject": it.subject} for it in info.endpoints
        ]
    for stats in await ask(client, "STATS", ServiceStats):
        counted = {it.name: it.num_requests for it in stats.endpoints}
        for endpoint in found[stats.name]["endpoints"]:
            endpoint["requests"] = counted[endpoint["name"]]
    await client.close()
    print(json.dumps(found))


asyncio.run(main(sys.argv[1]))
