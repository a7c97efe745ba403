// Time at work on a case: pauses, hidden tabs and idle stretches do not count.

export const IDLE_AFTER = 30; // seconds without any input that still count as looking

/** Counts active seconds from `activity(now)` calls; `now` is in seconds of any steady clock. */
export class ActiveClock {
  constructor(now, already = 0) {
    this.counted = already;
    this.last = now;
    this.running = true;
  }

  /** Note an input: the stretch since the last one counts, up to IDLE_AFTER. */
  activity(now) {
    if (this.running) this.counted += Math.min(now - this.last, IDLE_AFTER);
    this.last = now;
  }

  /** Stop (pause, hidden tab) or go on. */
  run(running, now) {
    this.activity(now);
    this.running = running;
  }

  /** Active seconds until now. */
  seconds(now) {
    return this.running ? this.counted + Math.min(now - this.last, IDLE_AFTER) : this.counted;
  }
}
