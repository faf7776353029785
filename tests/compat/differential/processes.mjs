// A run in several processes, each with every P-th seed; and a line now and then that says how far it is.

import { fork } from 'node:child_process';
import { Tally } from './tally.mjs';

// An edit, an update applied to a replica that the engine holds too, an update merged without a document.
export function operations(tally) {
  return tally.sum('edit') + tally.get('update applied to both') + tally.get('merged updates');
}

export class Progress {
  #started = Date.now();
  #printed = Date.now();

  line(tally, seed) {
    const seconds = (Date.now() - this.#started) / 1000;
    return `${seconds.toFixed(0)} s: ${tally.sum('history')} histories, ${operations(tally)} operations ` +
      `(${tally.sum('edit')} edits, ${tally.get('update applied to both')} updates applied), ` +
      `${tally.sum('poisoned')} poisoned updates, ${tally.get('FAILED')} failed` +
      (seed === undefined ? '' : `, seed ${seed}`);
  }

  // At most one line in ten seconds.
  print(tally, seed) {
    if (Date.now() - this.#printed < 10_000) return;
    this.#printed = Date.now();
    console.log(this.line(tally, seed));
  }
}

// Starts `script` once for each list of arguments, and adds up what the processes count. A process sends
// its tally's entries and its seed. Resolves when all have ended.
export async function runProcesses(script, argumentLists, progress) {
  const latest = argumentLists.map(() => []);
  const sum = () => {
    const tally = new Tally();
    for (const entries of latest) tally.addAll(entries);
    return tally;
  };
  await Promise.all(argumentLists.map((list, i) => new Promise((resolve, reject) => {
    const child = fork(script, list);
    child.on('message', ({ entries, seed }) => {
      latest[i] = entries;
      progress.print(sum(), seed);
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 || code === 1 ? resolve() : reject(new Error(`exit ${code}`))));
  })));
  return sum();
}
