// What runs in a folder, written down so that another process can look at it and end it.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lives } from "./process_id.mjs";

const fileIn = (folder) => join(folder, "cluster.json");

// Null if no cluster was ever started there.
export function readRecord(folder) {
  return existsSync(fileIn(folder)) ? JSON.parse(readFileSync(fileIn(folder), "utf8")) : null;
}

// Whole or not at all, whenever this process may end. It names passwords.
export function writeRecord(folder, record) {
  const unfinished = `${fileIn(folder)}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, fileIn(folder));
}

export const living = (record) => record.parts.filter(lives);

function describePart(part) {
  return {
    name: part.name,
    pid: part.process.pid,
    started: part.process.started,
    http: part.base && `${part.base}/`,
    websocket: part.base && `${part.url}/{document}`,
    url: part.base ? undefined : part.url,
    admin: part.admin ?? part.statistics,
    log: part.logFile,
    stop_signal: part.stopSignal,
    start: { command: part.command, env: part.env, user: part.user },
  };
}

// Every endpoint and process of a cluster, as far as it has been started.
export function describe(cluster) {
  const { folder, durability, gateway, counts } = cluster;
  return {
    folder,
    durability,
    nodes: counts.nodes,
    workers: counts.workers,
    editor: gateway?.process ? `${gateway.base}/` : null,
    websocket: gateway?.process ? `${gateway.url}/{document}` : null,
    parts: cluster.parts.filter((part) => part.process !== null).map(describePart),
  };
}
