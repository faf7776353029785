// The real server as a process: started, killed, and started again on the same port and data.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startLimitMs = 20_000;

export class Server {
  constructor(binary) {
    this.binary = binary;
    this.data = mkdtempSync(join(tmpdir(), "syncline-browser-"));
    this.port = 0; // Chosen by the system at the first start, then kept.
    this.process = null;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  async start() {
    const child = spawn(
      this.binary,
      [
        "serve",
        "--listen",
        `127.0.0.1:${this.port}`,
        "--admin-listen",
        "127.0.0.1:0",
        "--data",
        this.data,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.process = child;
    this.port = await portFrom(child);
  }

  // As a crash does it: nothing is flushed, no socket is closed politely.
  async kill() {
    await this.end("SIGKILL");
  }

  async end(signal) {
    const child = this.process;
    this.process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  async dispose() {
    await this.end("SIGKILL");
    rmSync(this.data, { recursive: true, force: true });
  }
}

// The port in the first http address that the server prints.
function portFrom(child) {
  return new Promise((resolve, reject) => {
    let output = "";
    const late = setTimeout(() => fail("did not say its address in time"), startLimitMs);
    const fail = (what) => {
      clearTimeout(late);
      child.kill("SIGKILL");
      reject(new Error(`the server ${what}; it wrote:\n${output}`));
    };
    const read = (chunk) => {
      output = (output + chunk).slice(-20_000);
      const found = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(output);
      if (found === null) return;
      clearTimeout(late);
      resolve(Number(found[1]));
    };
    child.stdout.on("data", read);
    child.stderr.on("data", (chunk) => (output = (output + chunk).slice(-20_000)));
    child.once("error", (error) => fail(`could not be started (${error.message})`));
    child.once("exit", (code, signal) => fail(`ended early (${signal ?? code})`));
  });
}
