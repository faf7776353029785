// The real server as a process, on free ports and a data folder of its own.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const binary = { path: "", load: "" };

const startLimitMs = 20_000;

export function temporaryFolder() {
  return mkdtempSync(join(tmpdir(), "syncline-integration-"));
}

// Runs the binary to its end. For commands, and for servers that should refuse to start.
export function run(args, { program = binary.path, limitMs = startLimitMs, env = {}, input, onStart } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    onStart?.(child);
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    const out = [];
    const err = [];
    child.stdout.on("data", (part) => out.push(part));
    child.stderr.on("data", (part) => err.push(part));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        code: code ?? signal,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString(),
      });
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

export class Server {
  // `launcher` is a command that starts the one it is given, such as ["nice"].
  // Once it has started it keeps its port, also when it is started again.
  constructor({ data = temporaryFolder(), args = [], env = {}, launcher = [] } = {}) {
    this.port = 0;
    this.launcher = launcher;
    this.data = data;
    this.args = args;
    this.env = env;
    this.process = null;
    this.stderr = "";
  }

  static async start(options) {
    const server = new Server(options);
    await server.start();
    return server;
  }

  async start() {
    const fixed = ["--listen", `127.0.0.1:${this.port}`, "--admin-listen", "127.0.0.1:0", "--data", this.data];
    const command = [...this.launcher, binary.path, "serve", ...fixed, "--log-format", "json"];
    this.process = spawn(command[0], [...command.slice(1), ...this.args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...this.env },
    });
    this.process.stderr.on("data", (part) => (this.stderr += part));
    this.exited = new Promise((resolve) =>
      this.process.once("exit", (code, signal) => resolve(code ?? signal)),
    );
    const line = await this.readyLine();
    this.port = Number(/http:\/\/127\.0\.0\.1:(\d+)\/ /.exec(line)[1]);
    this.adminPort = Number(/http:\/\/127\.0\.0\.1:(\d+)\/metrics/.exec(line)[1]);
  }

  readyLine() {
    return new Promise((resolve, reject) => {
      let text = "";
      const timer = setTimeout(() => reject(new Error("the server did not start")), startLimitMs);
      this.process.stdout.on("data", (part) => {
        text += part;
        if (!text.includes("\n")) return;
        clearTimeout(timer);
        resolve(text);
      });
      this.process.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`the server ended with ${code}: ${this.stderr}`));
      });
    });
  }

  get url() {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  async get(path, { admin = false, ...options } = {}) {
    return fetch(`http://127.0.0.1:${admin ? this.adminPort : this.port}${path}`, options);
  }

  // The value of one metric, summed over its labels; labels may be given as in the exposition.
  async metric(name, labels = "") {
    const text = await (await this.get("/metrics", { admin: true })).text();
    let sum = 0;
    for (const line of text.split("\n")) {
      const parts = /^([a-zA-Z_:]+)(\{[^}]*\})? (\S+)$/.exec(line);
      if (parts && parts[1] === name && (labels === "" || parts[2]?.includes(labels))) {
        sum += Number(parts[3]);
      }
    }
    return sum;
  }

  rejected(reason) {
    return this.metric("syncline_rejected_total", `reason="${reason}"`);
  }

  signal(name) {
    this.process.kill(name);
  }

  async stop(signal = "SIGTERM") {
    if (this.process.exitCode === null && this.process.signalCode === null) this.signal(signal);
    return this.exited;
  }

  async dispose() {
    await this.stop("SIGKILL");
    rmSync(this.data, { recursive: true, force: true });
  }
}
