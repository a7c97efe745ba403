// What a reader looks at, and when: kept as short events, sent in parts (see dls/study/interaction.py).
import { passing, reason, send } from "./saving.js";

const PART = 400; // events
const EVERY_MS = 60_000;
const REPLACED = "kw"; // letters of which the last within a tenth of a second counts

export const newVisit = () =>
  [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Events of one visit to a case; `now` is in seconds of any steady clock. */
export class Recorder {
  constructor(stage, now, visit = newVisit()) {
    this.stage = stage;
    this.visit = visit;
    this.last = now;
    this.parts = 0;
    this.events = [];
    this.seen = null;
  }

  /** Add an event; of scrolling and dragging within a tenth of a second only the end is kept. */
  note(now, letter, ...numbers) {
    const tenths = Math.max(0, Math.round((now - this.last) * 10));
    const before = this.events.at(-1);
    if (!tenths && before?.[1] === letter && before[2] === numbers[0] && REPLACED.includes(letter)) {
      before.splice(2, numbers.length, ...numbers);
      return;
    }
    this.last += tenths / 10;
    this.events.push([tenths, letter, ...numbers]);
  }

  /** Note what differs from the last look: {series, k, windows: [[centre, width], …], single}. */
  look(now, { series, k, windows, single }) {
    const seen = this.seen ?? { series: -1, windows: [], single: false };
    if (series !== seen.series) this.note(now, "t", series);
    if (series !== seen.series || k !== seen.k) this.note(now, "k", series, k);
    windows.forEach(([centre, width], n) => {
      const [c, w] = [Math.round(centre), Math.round(width)];
      if (seen.windows[n]?.[0] !== c || seen.windows[n]?.[1] !== w) this.note(now, "w", n, c, w);
    });
    if (single !== seen.single) this.note(now, "m", Number(single));
    this.seen = { series, k, single, windows: windows.map((window) => window.map(Math.round)) };
  }

  get full() {
    return this.events.length >= PART;
  }

  /** What was not taken yet, as a part to be sent; null when there is nothing. */
  take() {
    if (!this.events.length) return null;
    const { visit, stage, events } = this;
    this.events = [];
    this.parts += 1;
    return { visit, part: this.parts, stage, events };
  }
}

/** Recorders' parts on their way to the server, in order; one that fails for want of a connection waits. */
export class Outbox {
  constructor(report) {
    this.report = report;
    this.waiting = [];
    this.timer = setInterval(() => this.collect(), EVERY_MS);
  }

  /** Record a visit to the case behind a path from now on. */
  begin(path, recorder) {
    this.collect();
    this.path = path;
    this.recorder = recorder;
  }

  /** Send what has been recorded; `options` go to fetch. */
  collect(options = {}) {
    const part = this.recorder?.take();
    if (part) this.waiting.push({ path: this.path, part });
    return this.#flush(options);
  }

  async #flush(options) {
    if (this.sending && !options.keepalive) return;
    this.sending = true;
    try {
      while (this.waiting.length) {
        const [{ path, part }] = this.waiting;
        await send("POST", path, part, options);
        this.waiting.shift();
      }
    } catch (problem) {
      if (passing(problem)) return; // tried again with the next part
      this.waiting.shift();
      this.report("waiting", `What was looked at is not recorded: ${reason(problem)}.`);
    } finally {
      this.sending = false;
    }
  }

  stop() {
    clearInterval(this.timer);
  }
}
