// Free ports on the loopback that stay free: what listens on them is killed and started again many times.

import { readFileSync } from "node:fs";
import net from "node:net";

const lowest = 10_240;

// Below the ports that the operating system gives to outgoing connections: while a part is down, one of
// those could take its port away.
function highest() {
  try {
    const first = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]);
    return first - lowest >= 1000 ? first : 65_536;
  } catch {
    return 32_768;
  }
}

export function canListen(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

const given = new Set();

export async function freePort() {
  const end = highest();
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (end - lowest));
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    return port;
  }
}
