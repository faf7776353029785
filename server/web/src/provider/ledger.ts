// Which local updates are durable: the only place that may answer "is it saved?".
//
// Local updates are numbered from 1 in the order they happen. Each update-carrying message covers
// all local updates up to some number; acknowledging a message makes what it covers durable. The
// numbers outlive connections, the messages do not: what a lost connection had not acknowledged is
// covered again only by a message of the next one.
//
// Invariants: durable <= local; covers is non-decreasing and its last entry is <= local.
export class Ledger {
  private local = 0;
  private durable = 0;

  // Of the connection that is open now.
  private acknowledged = 0; // messages
  private covers: number[] = []; // per message sent and not yet acknowledged, oldest first
  private baseline = false; // A step 2 of this connection has been acknowledged.

  // Local updates that are not known to be durable.
  get unsaved(): number {
    return this.local - this.durable;
  }

  // True when everything the document holds is durable, by word of the connection that is open now.
  // The baseline is asked for because updates of others are forwarded before they are durable: only
  // an acknowledged step 2 says that the server holds all that this replica holds.
  get saved(): boolean {
    return this.baseline && this.unsaved === 0;
  }

  onLocalUpdate(): void {
    this.local += 1;
  }

  // A step 2 or an update left on this connection, carrying (or following messages that carried)
  // every local update up to now.
  onMessageSent(): void {
    this.covers.push(this.local);
  }

  // Returns false, and changes nothing, if the server acknowledges what was never sent.
  onAcknowledged(count: number): boolean {
    const newly = count - this.acknowledged;
    if (newly > this.covers.length) return false;
    if (newly <= 0) return true;
    this.durable = Math.max(this.durable, this.covers[newly - 1]!);
    this.covers.splice(0, newly);
    this.acknowledged = count;
    this.baseline = true;
    return true;
  }

  onConnectionEnded(): void {
    this.acknowledged = 0;
    this.covers = [];
    this.baseline = false;
  }
}
