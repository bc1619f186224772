// The hub's clock. Times and deadlines come from the hub; the browser only draws them, so its own clock is corrected.

export class ServerClock {
  private offset = 0;
  private best = Number.POSITIVE_INFINITY;
  private trusted = 0;

  constructor(private readonly local: () => number = Date.now) {}

  /** A reading with its round trip; the one with the shortest trip counts, and grows old after a minute. */
  learn(serverTime: string, sentAt: number, gotAt: number = this.local()): void {
    const server = Date.parse(serverTime);
    const trip = Math.max(0, gotAt - sentAt);
    if (Number.isNaN(server)) return;
    if (trip > this.best && gotAt - this.trusted < 60_000) return;
    this.best = trip;
    this.trusted = gotAt;
    this.offset = server - (sentAt + gotAt) / 2;
  }

  now(): number {
    return this.local() + this.offset;
  }
}
