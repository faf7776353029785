// The gateways that Syncline ships, from the very files that an operator starts from: only addresses, ports and
// folders are others.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Part } from "./part.mjs";
import { answers } from "./wait.mjs";

const deploy = fileURLToPath(new URL("../../../server/deploy", import.meta.url));
const shipped = (name) => readFileSync(join(deploy, name), "utf8");

// The shipped files name three nodes, 10.0.0.11 to 10.0.0.13. Writes the nodes there are in their place: the
// first line of each group serves as the pattern of all.
export function withNodes(text, nodes) {
  return text.replace(/(?:^[^\n#]*10\.0\.0\.1[1-3]:8080[^\n]*\n)+/gm, (group) => {
    const pattern = group.slice(0, group.indexOf("\n") + 1);
    const line = (node, i) =>
      pattern
        .replace("10.0.0.11:8080", `127.0.0.1:${node.port}`)
        .replaceAll("node1", `node${i + 1}`)
        .replace(/\bid 1\b/, `id ${i + 1}`);
    return nodes.map(line).join("");
  });
}

class Gateway extends Part {
  // `tls` is {certificate}, a file with chain and key; `edge` a network that is in front of the gateway.
  constructor({ port, nodes, tls = null, edge = null, ...rest }) {
    super(rest);
    this.port = port;
    this.nodes = nodes;
    this.tls = tls;
    this.edge = edge;
  }

  get base() {
    return `${this.tls ? "https" : "http"}://127.0.0.1:${this.port}`;
  }

  get url() {
    return `${this.tls ? "wss" : "ws"}://127.0.0.1:${this.port}/ws`;
  }

  // Ready when a node answers through it; without nodes nobody needs it.
  ready() {
    return answers(`${this.base}/healthz`);
  }
}

// With TLS, `plainPort` is where people are sent away from.
export class Haproxy extends Gateway {
  title = "HAProxy";

  constructor({ adminPort, plainPort, ...rest }) {
    super({ name: "haproxy", ...rest });
    this.adminPort = adminPort;
    this.configuration = join(this.folder, "haproxy.cfg");
    this.command = ["haproxy", "-f", this.configuration];
    if (this.edge) this.env.SYNCLINE_EDGE = this.edge;
    this.env.SYNCLINE_GATEWAY_ADMIN = `127.0.0.1:${adminPort}`;
    if (this.tls === null) {
      this.env.SYNCLINE_LISTEN = `127.0.0.1:${this.port}`;
    } else {
      this.env.SYNCLINE_LISTEN = `127.0.0.1:${plainPort}`;
      this.env.SYNCLINE_TLS_LISTEN = `127.0.0.1:${this.port}`;
      this.env.SYNCLINE_TLS_CERTIFICATE = this.tls.certificate;
    }
  }

  // Its own page for operators.
  get statistics() {
    return `http://127.0.0.1:${this.adminPort}/`;
  }

  create() {
    writeFileSync(this.configuration, withNodes(shipped("haproxy.cfg"), this.nodes));
    return this.start();
  }

  // "UP", "DOWN", "NOLB" ... of each node, as it sees them.
  async states() {
    const text = await (await fetch(`${this.statistics};csv`)).text();
    const rows = text.split("\n").map((line) => line.split(","));
    const status = rows[0].indexOf("status");
    return rows.filter((row) => row[0] === "documents" && /^node/.test(row[1])).map((row) => row[status]);
  }
}

export class Nginx extends Gateway {
  title = "nginx";
  // Its workers outlive a parent that is killed.
  leashSignal = "TERM";

  constructor(rest) {
    super({ name: "nginx", ...rest });
    this.configuration = join(this.folder, "nginx.conf");
    this.command = ["nginx", "-p", this.folder, "-c", this.configuration, "-g", "daemon off;"];
  }

  create() {
    let text = withNodes(shipped("nginx.conf"), this.nodes)
      .replaceAll("/var/log/nginx", join(this.folder, "nginx"))
      .replaceAll("/var/cache/nginx", join(this.folder, "nginx"))
      .replace("/run/nginx.pid", join(this.folder, "nginx", "nginx.pid"));
    if (this.edge) text = text.replace("# set_real_ip_from 10.1.0.0/16;", `set_real_ip_from ${this.edge};`);
    if (this.tls === null) {
      text = text.replace("listen 8080;", `listen 127.0.0.1:${this.port};`);
    } else {
      // What the comment there tells an operator to do.
      text = text
        .replace("listen 8080;", "")
        .replace("# listen 443 ssl http2;", `listen 127.0.0.1:${this.port} ssl http2;`)
        .replace("# ssl_certificate /etc/ssl/syncline/chain.pem;", `ssl_certificate ${this.tls.certificate};`)
        .replace("# ssl_certificate_key /etc/ssl/syncline/key.pem;", `ssl_certificate_key ${this.tls.certificate};`);
    }
    mkdirSync(join(this.folder, "nginx"), { recursive: true });
    writeFileSync(this.configuration, text);
    return this.start();
  }
}
