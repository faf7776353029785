// The cache that Syncline ships, in front of a gateway or a node.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Part } from "./part.mjs";
import { answers } from "./wait.mjs";

const shipped = fileURLToPath(new URL("../../../server/deploy/cdn/varnish.vcl", import.meta.url));

export class Varnish extends Part {
  constructor({ port, behind, ...rest }) {
    super({ name: "varnish", ...rest });
    this.port = port;
    this.behind = behind;
    const rules = join(this.folder, "varnish.vcl");
    const text = readFileSync(shipped, "utf8")
      .replace('"10.0.0.10"', '"127.0.0.1"')
      .replace('"8080"', `"${behind}"`);
    writeFileSync(rules, text, { mode: 0o644 });
    const state = join(this.folder, "varnish");
    mkdirSync(state, { mode: 0o755 });
    const storage = ["-s", "malloc,64m", "-p", "vsl_space=4m"];
    this.command = ["varnishd", "-F", "-j", "none", "-n", state, "-a", `127.0.0.1:${port}`, "-f", rules, ...storage];
  }

  get base() {
    return `http://127.0.0.1:${this.port}`;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  ready() {
    return answers(`${this.base}/healthz`);
  }
}
