// One program of a cluster as a process: started, stopped, killed, paused and started again, always by its
// number, with its output in a file.

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allEnded, cpuSecondsOf, lives, signal, signalAll, startOf, treeOf } from "./process_id.mjs";
import { sleep } from "./wait.mjs";

const startLimitMs = 30_000;
const stopLimitMs = 30_000;

// Whose processes end with this one.
const leashed = new Set();

function endLeashed() {
  for (const part of leashed) signalAll(part.tree(), "SIGKILL");
}

process.once("exit", endLeashed);
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(name, () => process.exit(name === "SIGINT" ? 130 : 143));
}

export const isRoot = () => process.getuid() === 0;

export class Part {
  // What ends the process gently.
  stopSignal = "SIGTERM";
  // What the process gets when this one was killed and can end nothing any more.
  leashSignal = "KILL";
  // Has a process to be started as somebody else when we are root?
  user = null;

  // `leash`: the process may not outlive this one, even if this one is killed. `command` may also be given by a
  // subclass.
  constructor({ name, folder, leash = true, command = [], env = {} }) {
    this.name = name;
    this.folder = folder;
    this.leash = leash;
    this.command = command;
    this.env = env;
    this.process = null;
    this.starts = 0;
    // Is it meant to run? From when it was ready until somebody ends it.
    this.serving = false;
    // How it ended without having been ended by us.
    this.collapses = [];
  }

  get logFile() {
    return join(this.folder, `${this.name}.log`);
  }

  get running() {
    return this.process !== null && lives(this.process);
  }

  // Once the process serves. A subclass knows what that is.
  async ready() {
    return true;
  }

  // Starts the process, again if need be, and waits until it is ready.
  async start() {
    await this.launch();
    await this.untilReady();
    this.serving = true;
  }

  // As a service manager starts it: again, when it ends because something that it needs is not there yet.
  async startSupervised(limitMs = startLimitMs) {
    const end = Date.now() + limitMs;
    for (;;) {
      try {
        return await this.start();
      } catch (error) {
        if (this.running || Date.now() > end) throw error;
        await sleep(50);
      }
    }
  }

  async launch() {
    const command = this.wrapped();
    const log = openSync(this.logFile, "a");
    try {
      const child = spawn(command[0], command.slice(1), {
        stdio: ["ignore", log, log],
        env: { ...process.env, ...this.env },
        cwd: "/",
        detached: true,
      });
      child.unref();
      await new Promise((resolve, reject) => {
        child.once("spawn", resolve);
        child.once("error", (error) => reject(new Error(`${this.name}: ${error.message}`)));
      });
      child.once("exit", (code, signalName) => this.onExit(child.pid, signalName ?? `exit code ${code}`));
      this.process = { pid: child.pid, started: startOf(child.pid) };
      this.starts += 1;
      leashed.add(this);
    } finally {
      closeSync(log);
    }
  }

  onExit(pid, how) {
    if (!this.serving || this.process?.pid !== pid) return;
    this.serving = false;
    this.collapses.push(how);
  }

  // Who kills and restarts parts all the time would not notice one that ends by itself.
  requireNoCollapse() {
    if (this.collapses.length === 0) return;
    throw new Error(`${this.name} ended by itself (${this.collapses.join(", ")})\n${this.tail()}`);
  }

  wrapped() {
    const as = this.user !== null && isRoot() ? this.user : null;
    const change = as === null ? [] : ["setpriv", `--reuid=${as}`, `--regid=${as}`, "--clear-groups"];
    // A change of user resets it, so it comes last.
    const leash = this.leash ? ["setpriv", `--pdeathsig=${this.leashSignal}`] : [];
    return [...change, ...leash, ...this.command];
  }

  async untilReady(limitMs = startLimitMs) {
    const end = Date.now() + limitMs;
    while (!(await this.ready())) {
      if (!this.running) throw new Error(`${this.name} ended while it started\n${this.tail()}`);
      if (Date.now() > end) throw new Error(`${this.name} was not ready after ${limitMs} ms\n${this.tail()}`);
      await sleep(25);
    }
  }

  cpuSeconds() {
    return this.process === null ? 0 : cpuSecondsOf(this.process);
  }

  tree() {
    return this.process === null ? [] : treeOf(this.process);
  }

  // SIGKILL for the process and all below it, as when the machine loses its memory.
  async kill() {
    this.serving = false;
    // The parent first, so that it cannot tell the others to end in order.
    const all = this.tree();
    signalAll(all, "SIGKILL");
    if (!(await allEnded(all, stopLimitMs))) throw new Error(`${this.name} survived SIGKILL`);
    leashed.delete(this);
  }

  // Twice, for what was born between the look and the signal.
  pause() {
    signalAll(this.tree(), "SIGSTOP");
    signalAll(this.tree(), "SIGSTOP");
  }

  resume() {
    signalAll(this.tree().reverse(), "SIGCONT");
  }

  // Ends the process gently, and forcibly what is left after the limit. Returns whether it went gently.
  async stop({ how = this.stopSignal, limitMs = stopLimitMs } = {}) {
    if (this.process === null) return true;
    this.serving = false;
    const all = this.tree();
    this.resume();
    signal(this.process, how);
    const gently = await allEnded(all, limitMs);
    if (!gently) await this.kill();
    leashed.delete(this);
    return gently;
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  // From now on the process may outlive this one.
  release() {
    leashed.delete(this);
  }

  log() {
    try {
      return readFileSync(this.logFile, "utf8");
    } catch {
      return "";
    }
  }

  // The end of the log, for whoever has to find out what went wrong.
  tail(lines = 20) {
    const all = this.log().trimEnd().split("\n").slice(-lines);
    return `the end of ${this.logFile}:\n${all.map((line) => `    ${line}`).join("\n")}`;
  }
}
