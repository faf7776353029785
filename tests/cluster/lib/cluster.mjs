// A whole cluster on this machine, put together: PostgreSQL, Redis, nodes, workers, gateway.

import { mkdirSync } from "node:fs";
import { Haproxy, Nginx } from "./gateway.mjs";
import { freePort } from "./ports.mjs";
import { Postgres } from "./postgres.mjs";
import { Proxy } from "./proxy.mjs";
import { Redis } from "./redis.mjs";
import { Node, Worker, command, requireBinary } from "./syncline.mjs";

const numbers = (count) => Array.from({ length: count }, (_, i) => i + 1);

export class Cluster {
  // `services`: without them, each node keeps documents of its own on its disk (for what only concerns the
  // gateway). `proxied`: each node and worker reaches each service, and the gateway each node, through a network that
  // can fail (links).
  // `gateway` is "haproxy", "nginx" or null. `onProgress` hears a line about each step, `onPart` each new process.
  constructor({
    folder,
    nodes = 3,
    workers = 2,
    durability = "commit",
    services = true,
    proxied = false,
    gateway = "haproxy",
    gatewayOptions = {},
    postgresTemplate = null,
    leash = true,
    nodeArgs = [],
    workerArgs = [],
    onProgress = () => {},
    onPart = () => {},
  }) {
    Object.assign(this, { folder, durability, services, proxied, leash, nodeArgs, workerArgs, onProgress, onPart });
    Object.assign(this, { gatewayKind: gateway, gatewayOptions, postgresTemplate });
    this.counts = { nodes, workers: services ? workers : 0 };
    this.postgres = null;
    this.redis = null;
    this.nodes = [];
    this.workers = [];
    this.gateway = null;
    this.links = new Map();
  }

  static async start(options) {
    const cluster = new Cluster(options);
    await cluster.up();
    return cluster;
  }

  // In the order in which they need each other.
  get parts() {
    return [this.postgres, this.redis, ...this.workers, ...this.nodes, this.gateway].filter(Boolean);
  }

  part(name) {
    const found = this.parts.find((part) => part.name === name);
    if (found === undefined) throw new Error(`no part '${name}'; there are ${this.parts.map((p) => p.name)}`);
    return found;
  }

  async up() {
    requireBinary();
    mkdirSync(this.folder, { recursive: true });
    try {
      if (this.services) await this.startServices();
      for (const i of numbers(this.counts.nodes)) this.nodes.push(await this.makeNode(i));
      for (const i of numbers(this.counts.workers)) this.workers.push(await this.makeWorker(i));
      await this.startAll("Starting nodes and workers", [...this.nodes, ...this.workers], (part) => this.startOne(part));
      await this.startGateway();
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  async startServices() {
    const options = { folder: this.folder, leash: this.leash };
    this.postgres = new Postgres({ ...options, port: await freePort(), template: this.postgresTemplate });
    this.redis = new Redis({ ...options, port: await freePort() });
    await this.startAll("Starting PostgreSQL and Redis", [this.postgres, this.redis], (part) => part.create());
    this.onProgress("Making the tables");
    await command(["migrate"], { postgres: this.postgres.url });
  }

  async startGateway() {
    if (this.gatewayKind === null) return;
    const Kind = this.gatewayKind === "nginx" ? Nginx : Haproxy;
    this.gateway = new Kind({
      folder: this.folder,
      leash: this.leash,
      port: await freePort(),
      adminPort: await freePort(),
      nodes: await this.nodesSeenBy(this.gatewayKind),
      ...this.gatewayOptions,
    });
    await this.startAll(`Starting ${this.gateway.title}`, [this.gateway], (part) => part.create());
  }

  // Tests can keep a machine so busy that a service is found too slow; people want to hear of it at once.
  startOne(part) {
    return this.leash ? part.startSupervised() : part.start();
  }

  async startAll(what, parts, start) {
    this.onProgress(what);
    const outcomes = await Promise.allSettled(
      parts.map(async (part) => {
        await start(part);
        this.onPart(part);
      }),
    );
    const failed = outcomes.find(({ status }) => status === "rejected");
    if (failed) throw failed.reason;
  }

  async makeNode(i, more = {}) {
    const name = `node${i}`;
    const own = this.services ? await this.addresses(name) : { data: `${this.folder}/${name}` };
    return new Node({
      name,
      folder: this.folder,
      leash: this.leash,
      port: await freePort(),
      adminPort: await freePort(),
      durability: this.services ? this.durability : undefined,
      args: this.nodeArgs,
      ...own,
      ...more,
    });
  }

  // A node that no gateway knows and that has nothing but PostgreSQL.
  async makeFreshNode() {
    const { folder, leash, postgres } = this;
    const ports = { port: await freePort(), adminPort: await freePort() };
    return new Node({ name: "fresh", folder, leash, durability: "commit", postgres: postgres.url, ...ports });
  }

  async makeWorker(i) {
    const name = `worker${i}`;
    return new Worker({
      name,
      folder: this.folder,
      leash: this.leash,
      adminPort: await freePort(),
      args: this.workerArgs,
      ...(await this.addresses(name)),
    });
  }

  // Where the gateway finds the nodes.
  nodesSeenBy(gateway) {
    return Promise.all(this.nodes.map(async (node) => ({ port: await this.reach(gateway, node) })));
  }

  // Where a part finds the services.
  async addresses(name) {
    return {
      postgres: this.postgres.urlAt(await this.reach(name, this.postgres)),
      redis: this.redis.urlAt(await this.reach(name, this.redis)),
    };
  }

  // The port at which the part of that name finds `service`.
  async reach(name, service) {
    if (!this.proxied) return service.port;
    const link = await Proxy.open(`${name}-${service.name}`, service.port);
    this.links.set(link.name, link);
    return link.port;
  }

  // Nothing has ended but what was ended.
  requireNoCollapse() {
    for (const part of this.parts) part.requireNoCollapse();
  }

  // How many sequence numbers are missing in a document's log, from the first that is kept to its head.
  async gapsOf(document) {
    const name = document.replaceAll("'", "''");
    const [row] = await this.postgres.psql(
      `SELECT d.head - coalesce(min(u.sequence), d.head + 1) + 1 - count(u.sequence)
         FROM syncline.documents d LEFT JOIN syncline.updates u ON u.document_id = d.id
        WHERE d.name = '${name}' GROUP BY d.id`,
    );
    if (row === undefined) throw new Error(`PostgreSQL knows no document ${document}`);
    return Number(row[0]);
  }

  // From the outside in, each gently. Returns the names of those that had to be forced.
  async down() {
    const forced = [];
    const stop = async (parts) => {
      for (const part of parts) part?.resume();
      const gently = await Promise.all(parts.map((part) => part?.stop()));
      parts.forEach((part, i) => gently[i] === false && forced.push(part.name));
    };
    await stop([this.gateway]);
    await stop(this.nodes);
    await stop(this.workers);
    await stop([this.redis, this.postgres]);
    this.closeLinks();
    return forced;
  }

  async kill() {
    await Promise.all(this.parts.map((part) => part.kill()));
    this.closeLinks();
  }

  closeLinks() {
    for (const link of this.links.values()) link.close();
  }
}
