// The same draws from the same seed, so that a run can be tried again.

export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  // In [0, 1). Mulberry32.
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(count) {
    return Math.floor(this.next() * count);
  }

  between(low, high) {
    return low + this.below(high - low + 1);
  }

  pick(items) {
    return items[this.below(items.length)];
  }
}
