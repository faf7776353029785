// How long to wait before the next attempt to connect.
//
// When a node restarts, all its clients lose their connection in the same millisecond. Each delay is
// therefore drawn from the whole interval up to the current ceiling (full jitter), so that they come
// back spread out; the ceiling doubles with each failure.
export class Backoff {
  private failures = 0;

  constructor(
    private readonly firstCeilingMs: number,
    private readonly lastCeilingMs: number,
    private readonly random: () => number,
  ) {}

  nextDelayMs(): number {
    const ceiling = Math.min(this.lastCeilingMs, this.firstCeilingMs * 2 ** this.failures);
    this.failures += 1;
    return delayFloorMs + this.random() * Math.max(0, ceiling - delayFloorMs);
  }

  // Call once a sync has succeeded, not on open: a server that accepts and closes again at once
  // must not be hammered.
  reset(): void {
    this.failures = 0;
  }
}

const delayFloorMs = 100;
