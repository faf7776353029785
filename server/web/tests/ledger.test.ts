import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/provider/backoff";
import { Ledger } from "../src/provider/ledger";

// A small, seeded generator: a failing seed is printed and can be run again.
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

// The same rules told naively: every message remembers the set of updates it carried, the store
// remembers the set it holds.
class NaiveLedger {
  made = 0;
  stored = new Set<number>();
  messages: number[][] = [];
  acknowledged = 0;

  unsaved(): number {
    let missing = 0;
    for (let i = 1; i <= this.made; i += 1) if (!this.stored.has(i)) missing += 1;
    return missing;
  }
}

test("in any history, what the ledger calls durable has been acknowledged", () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = randomFrom(seed);
    const ledger = new Ledger();
    const naive = new NaiveLedger();
    for (let step = 0; step < 60; step += 1) {
      const choice = random();
      if (choice < 0.4) {
        ledger.onLocalUpdate();
        naive.made += 1;
        if (naive.messages.length > 0) {
          ledger.onMessageSent();
          naive.messages.push([naive.made]);
        }
      } else if (choice < 0.55) {
        ledger.onMessageSent();
        naive.messages.push(Array.from({ length: naive.made }, (_, i) => i + 1));
      } else if (choice < 0.85) {
        const count = Math.floor(random() * (naive.messages.length + 1));
        assert.equal(ledger.onAcknowledged(count), true);
        naive.acknowledged = Math.max(naive.acknowledged, count);
        for (const carried of naive.messages.slice(0, count)) {
          for (const update of carried) naive.stored.add(update);
        }
      } else {
        ledger.onConnectionEnded();
        naive.messages = [];
        naive.acknowledged = 0;
      }
      assert.equal(ledger.unsaved, naive.unsaved(), `seed ${seed}, step ${step}`);
      const saved = naive.acknowledged > 0 && naive.unsaved() === 0;
      assert.equal(ledger.saved, saved, `seed ${seed}, step ${step}`);
    }
  }
});

test("an acknowledgement of what was never sent changes nothing", () => {
  const ledger = new Ledger();
  ledger.onLocalUpdate();
  ledger.onMessageSent();
  assert.equal(ledger.onAcknowledged(2), false);
  assert.equal(ledger.unsaved, 1);
  assert.equal(ledger.saved, false);
  assert.equal(ledger.onAcknowledged(1), true);
  assert.equal(ledger.saved, true);
  ledger.onConnectionEnded();
  assert.equal(ledger.onAcknowledged(1), false);
});

test("delays are drawn from an interval that doubles up to its ceiling", () => {
  const highest = new Backoff(500, 10_000, () => 1);
  const delays = Array.from({ length: 7 }, () => highest.nextDelayMs());
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  highest.reset();
  assert.equal(highest.nextDelayMs(), 500);

  const lowest = new Backoff(500, 10_000, () => 0);
  for (let i = 0; i < 100; i += 1) assert.equal(lowest.nextDelayMs(), 100);
});
