// How often what was done, by kind: a run says what it has covered.

export class Tally {
  #counts = new Map();

  add(kind, count = 1) {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
  }

  addAll(entries) {
    for (const [kind, count] of entries) this.add(kind, count);
  }

  get(kind) {
    return this.#counts.get(kind) ?? 0;
  }

  // The sum over all kinds that begin with `prefix`.
  sum(prefix = '') {
    return this.entries().reduce((sum, [kind, count]) => (kind.startsWith(prefix) ? sum + count : sum), 0);
  }

  entries() {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  lines() {
    return this.entries().map(([kind, count]) => `${String(count).padStart(10)}  ${kind}`);
  }
}
