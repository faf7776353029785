// Processes by number, whoever started them. A number alone may have been given to another process since,
// so that it goes with the time at which its process was started.

import { readFileSync, readdirSync } from "node:fs";
import { sleep } from "./wait.mjs";

// Fields of /proc/PID/stat behind the name, which may contain anything.
function fields(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const rest = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = (from, to) => rest.slice(from, to).reduce((sum, text) => sum + Number(text), 0);
    return { state: rest[0], parent: Number(rest[1]), started: rest[19], cpu: ticks(11, 13), endedCpu: ticks(13, 15) };
  } catch {
    return null;
  }
}

export const startOf = (pid) => fields(pid)?.started ?? null;

export function lives({ pid, started }) {
  const now = fields(pid);
  return now !== null && now.state !== "Z" && now.state !== "X" && now.started === started;
}

export const isPaused = ({ pid }) => fields(pid)?.state === "T";

// The process and all below it, parents first. Of PostgreSQL and nginx that is more than one.
export function treeOf(root) {
  const children = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = fields(name);
    if (stat === null) continue;
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), { pid: Number(name), started: stat.started }]);
  }
  const tree = lives(root) ? [root] : [];
  for (let i = 0; i < tree.length; i += 1) tree.push(...(children.get(tree[i].pid) ?? []));
  return tree;
}

// The kernel says it in these, whatever its own clock ticks in (USER_HZ).
const ticksPerSecond = 100;

// CPU seconds, in user mode and in the kernel, of the process and all below it, those that have ended included.
export function cpuSecondsOf(root) {
  let ticks = 0;
  for (const { pid } of treeOf(root)) {
    const stat = fields(pid);
    if (stat !== null) ticks += stat.cpu + stat.endedCpu;
  }
  return ticks / ticksPerSecond;
}

export function signal(one, name) {
  if (!lives(one)) return;
  try {
    process.kill(one.pid, name);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

export const signalAll = (processes, name) => processes.forEach((one) => signal(one, name));

// False if one of them still lives after `limitMs`.
export async function allEnded(processes, limitMs) {
  const end = Date.now() + limitMs;
  while (processes.some(lives)) {
    if (Date.now() > end) return false;
    await sleep(5);
  }
  return true;
}
