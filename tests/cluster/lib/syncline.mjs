// The program itself: a node, a worker, and commands that run to their end.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Part } from "./part.mjs";
import { answers, get } from "./wait.mjs";

const repository = fileURLToPath(new URL("../../..", import.meta.url));

export const binary = { path: resolve(process.env.SYNCLINE_SERVER ?? join(repository, "build/release/server/syncline-server")) };

export function requireBinary() {
  if (!existsSync(binary.path)) throw new Error(`there is no ${binary.path}; build the target syncline-server`);
}

// URLs go through the environment: they hold passwords, and everybody can read command lines.
function addresses({ postgres, redis }) {
  const env = {};
  if (postgres) env.SYNCLINE_POSTGRES = postgres;
  if (redis) env.SYNCLINE_REDIS = redis;
  return env;
}

class Process extends Part {
  get admin() {
    return `http://127.0.0.1:${this.adminPort}`;
  }

  ready() {
    return answers(`${this.admin}/readyz`);
  }

  // The value of a metric, summed over its labels; of some of them if `labels` is part of their text. Null if
  // the process does not answer.
  async metric(name, labels = "") {
    const response = await get(`${this.admin}/metrics`);
    if (response === null) return null;
    let sum = 0;
    for (const line of (await response.text()).split("\n")) {
      const parts = /^([a-zA-Z_:]+)(\{[^}]*\})? (\S+)$/.exec(line);
      if (parts?.[1] === name && (parts[2] ?? "").includes(labels)) sum += Number(parts[3]);
    }
    return sum;
  }
}

// A node. Without `postgres` it keeps its documents in `data`.
export class Node extends Process {
  constructor({ port, adminPort, postgres, redis, durability, data, args = [], ...rest }) {
    super(rest);
    this.port = port;
    this.adminPort = adminPort;
    this.env = { ...addresses({ postgres, redis }), ...this.env };
    this.command = [binary.path, "serve", "--listen", `127.0.0.1:${port}`];
    this.command.push("--admin-listen", `127.0.0.1:${adminPort}`, "--log-format", "json");
    if (durability) this.command.push("--durability", durability);
    if (data) this.command.push("--data", data);
    this.command.push(...args);
  }

  get base() {
    return `http://127.0.0.1:${this.port}`;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}/ws`;
  }
}

export class Worker extends Process {
  constructor({ adminPort, postgres, redis, args = [], ...rest }) {
    super(rest);
    this.adminPort = adminPort;
    this.env = { ...addresses({ postgres, redis }), ...this.env };
    this.command = [binary.path, "worker", "--admin-listen", `127.0.0.1:${adminPort}`, "--log-format", "json", ...args];
  }
}

// Runs a command of the binary to its end and returns what it printed.
export async function command(args, { postgres, redis } = {}) {
  const env = { ...process.env, ...addresses({ postgres, redis }) };
  try {
    return (await promisify(execFile)(binary.path, args, { env, maxBuffer: 2 ** 28 })).stdout;
  } catch (error) {
    throw new Error(`syncline-server ${args.join(" ")}: ${(error.stderr || error.message).trim()}`);
  }
}
