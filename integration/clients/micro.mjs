// Looks at all services with nats.js's micro client and prints what it found as JSON.
//
// NODE_MODULES=… node micro.mjs ADDRESS
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NODE_MODULES}/`);
const { connect } = require("@nats-io/transport-node");
const { Svcm } = require("@nats-io/services");

const address = new URL(process.argv[2]);
const client = await connect({
  servers: address.host,
  user: address.username,
  pass: address.password,
  inboxPrefix: "_INBOX.ops",
});
const services = new Svcm(client).client();
const found = {};
for await (const { name, id, version } of await services.ping()) {
  found[name] = { id, version };
}
for await (const { name, description, endpoints } of await services.info()) {
  found[name].description = description;
  found[name].endpoints = endpoints.map((it) => ({ name: it.name, subject: it.subject }));
}
for await (const { name, endpoints } of await services.stats()) {
  const counted = Object.fromEntries(endpoints.map((it) => [it.name, it.num_requests]));
  for (const endpoint of found[name].endpoints) {
    endpoint.requests = counted[endpoint.name];
  }
}
await client.close();
console.log(JSON.stringify(found));
