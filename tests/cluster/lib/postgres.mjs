// A PostgreSQL of our own: a new cluster in a folder, on the loopback, with passwords.

import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Part, isRoot } from "./part.mjs";

const run = promisify(execFile);

// Of several versions the newest.
function binaries() {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter(Boolean) : [];
  const found = versions
    .sort((a, b) => b - a)
    .map((version) => join(root, String(version), "bin"))
    .find((folder) => existsSync(join(folder, "postgres")));
  if (found === undefined) throw new Error("there is no PostgreSQL server: apt-get install postgresql");
  return found;
}

const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: 200,
  shared_buffers: "128MB",
  max_wal_size: "1GB",
  synchronous_commit: "on",
  log_min_duration_statement: "1s",
};

export class Postgres extends Part {
  // Closes connections and writes a checkpoint; "SIGQUIT" is the immediate stop, a crash in effect.
  stopSignal = "SIGINT";
  user = "postgres";

  // `template` is the folder of a stopped one, from which this one is copied.
  constructor({ port, template = null, ...rest }) {
    super({ name: "postgres", ...rest });
    this.port = port;
    this.template = template;
    this.bin = binaries();
    this.data = join(this.folder, "postgres");
    this.command = [join(this.bin, "postgres"), "-D", this.data, "-p", String(port)];
    for (const [name, value] of Object.entries(settings)) this.command.push("-c", `${name}=${value}`);
    this.passwordFile = join(this.folder, "postgres.password");
  }

  get password() {
    return readFileSync(this.passwordFile, "utf8").trim();
  }

  urlAt(port) {
    return `postgresql://syncline:${this.password}@127.0.0.1:${port}/syncline`;
  }

  get url() {
    return this.urlAt(this.port);
  }

  // Starts it; the first time, makes the data folder, and the role and the database, which have no privileges.
  async create() {
    if (this.template !== null && !existsSync(this.data)) {
      await run("cp", ["-a", ...["postgres", "postgres.password"].map((name) => join(this.template, name)), this.folder]);
      return this.start();
    }
    if (!existsSync(this.passwordFile)) {
      writeFileSync(this.passwordFile, `${randomBytes(16).toString("hex")}\n`, { mode: 0o600 });
    }
    if (!existsSync(join(this.data, "PG_VERSION"))) await this.initialize();
    await this.start();
    const has = async (sql) => (await this.psql(sql, { role: "postgres" })).length > 0;
    if (!(await has("SELECT 1 FROM pg_roles WHERE rolname = 'syncline'"))) {
      await this.psql(`CREATE ROLE syncline LOGIN PASSWORD '${this.password}'`, { role: "postgres" });
    }
    if (!(await has("SELECT 1 FROM pg_database WHERE datname = 'syncline'"))) {
      await this.psql("CREATE DATABASE syncline OWNER syncline", { role: "postgres" });
    }
  }

  async initialize() {
    mkdirSync(this.data, { recursive: true, mode: 0o700 });
    if (isRoot()) this.give(this.data, this.passwordFile);
    const options = ["-D", this.data, "-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"];
    await this.asUser([join(this.bin, "initdb"), ...options, "--no-sync", `--pwfile=${this.passwordFile}`]);
  }

  give(...paths) {
    const id = (flag) => Number(execFileSync("id", [flag, this.user], { encoding: "utf8" }));
    for (const path of paths) chownSync(path, id("-u"), id("-g"));
  }

  async asUser(command) {
    const change = ["setpriv", `--reuid=${this.user}`, `--regid=${this.user}`, "--clear-groups"];
    const [program, ...args] = isRoot() ? [...change, ...command] : command;
    try {
      return (await run(program, args, { cwd: "/" })).stdout;
    } catch (error) {
      const why = (error.stderr || error.message).trim().split("\n").slice(-3).join("; ");
      const reach = /Permission denied/.test(why) ? ` (may user '${this.user}' enter ${this.folder}?)` : "";
      throw new Error(`postgres could not be set up: ${why}${reach}`);
    }
  }

  // The server itself writes there what it is doing.
  async ready() {
    try {
      const lines = readFileSync(join(this.data, "postmaster.pid"), "utf8").split("\n");
      return Number(lines[0]) === this.process.pid && lines[7]?.trim() === "ready";
    } catch {
      return false;
    }
  }

  // The rows, each an array of texts.
  async psql(sql, { role = "syncline" } = {}) {
    const database = role === "postgres" ? "postgres" : "syncline";
    const args = ["-h", "127.0.0.1", "-p", String(this.port), "-U", role, "-d", database, "-AtqX"];
    const { stdout } = await run(join(this.bin, "psql"), [...args, "-v", "ON_ERROR_STOP=1", "-c", sql], {
      env: { ...process.env, PGPASSWORD: this.password, PGCONNECT_TIMEOUT: "5" },
      maxBuffer: 2 ** 28,
    });
    return stdout.split("\n").filter(Boolean).map((line) => line.split("|"));
  }

  // The immediate stop: connections are cut, nothing is written any more, and the next start recovers.
  stopImmediately() {
    return this.stop({ how: "SIGQUIT" });
  }
}
