// The real server as a process, on free ports of 127.0.0.1 and with a data folder of its own.

import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const readyWithinMs = 20_000;

export class Server {
  #process = null;
  #output = '';

  // `options` are more of `serve`'s, such as ['--evict-after', '1s'].
  constructor(binary, options = []) {
    this.binary = binary;
    this.options = options;
    this.data = fs.mkdtempSync(path.join(os.tmpdir(), 'syncline-compat-'));
  }

  static async start(binary, options = []) {
    const server = new Server(binary, options);
    await server.start();
    return server;
  }

  // Starts the process, again after a stop; resolves when it listens.
  async start() {
    const argv = ['serve', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--data', this.data,
      '--log-level', 'warning', ...this.options];
    this.#output = '';
    const child = spawn(this.binary, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.port = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready: ${this.#output}`)), readyWithinMs);
      const onOutput = (chunk) => {
        this.#output = (this.#output + chunk).slice(-20_000);
        const ready = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(this.#output);
        if (!ready) return;
        clearTimeout(timer);
        [, this.admin] = /(http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(this.#output) ?? [];
        resolve(Number(ready[1]));
      };
      child.stdout.on('data', onOutput);
      child.stderr.on('data', onOutput);
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(new Error(`the server ended (${code ?? signal}): ${this.#output}`));
      });
    });
  }

  // What y-websocket takes as its server.
  get url() {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  get pid() {
    return this.#process.pid;
  }

  async kill() {
    this.#process.kill('SIGKILL');
    await this.exited;
  }

  // Drains; fails unless the server then exits with 0.
  async stop() {
    this.#process.kill('SIGTERM');
    const { code, signal } = await this.exited;
    if (code !== 0) throw new Error(`after SIGTERM: ${code ?? signal}\n${this.#output}`);
  }

  // Ends the process, however it is, and removes its data.
  async destroy() {
    if (this.#process && this.#process.exitCode === null && this.#process.signalCode === null) {
      await this.kill();
    }
    fs.rmSync(this.data, { recursive: true, force: true });
  }

  // The value of a metric without labels.
  async metric(name) {
    const text = await (await fetch(`${this.admin}/metrics`)).text();
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)[1]);
  }

  // The output of `syncline-server doc ...` on this server's data.
  async doc(...argv) {
    const run = promisify(execFile);
    const { stdout } = await run(this.binary, ['doc', ...argv, '--data', this.data], { maxBuffer: 2 ** 28 });
    return stdout;
  }
}

// CPU seconds that a process has used so far.
export function cpuSeconds(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

// Resident memory in bytes.
export function residentBytes(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
}
