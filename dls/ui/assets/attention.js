// A reader's attention to one case at a time: active seconds, and the record of what is looked at.
import { ActiveClock } from "./clock.js";
import { Outbox, Recorder } from "./recorder.js";

const seconds = () => performance.now() / 1000;

export class Attention {
  /** @param viewer what is looked at; @param report told when a record is refused; @param signal ends it */
  constructor(viewer, report, signal) {
    this.viewer = viewer;
    this.outbox = new Outbox(report);
    this.clock = null;
    this.recorder = null;
    for (const type of ["pointermove", "pointerdown", "keydown", "wheel"])
      window.addEventListener(type, () => this.clock?.activity(seconds()), { capture: true, passive: true, signal });
    const { onChange } = viewer;
    viewer.onChange = () => {
      onChange();
      this.look();
    };
    signal.addEventListener("abort", () => this.outbox.stop());
  }

  /** A case is opened, on which `already` active seconds were spent before. */
  begin(code, stage, already) {
    this.clock = new ActiveClock(seconds(), already);
    this.recorder = new Recorder(stage, seconds());
    this.outbox.begin(`readings/${code}/interactions`, this.recorder);
  }

  /** The case is left: what was recorded goes to the server. */
  end() {
    this.outbox.begin(null, null);
    this.recorder = this.clock = null;
  }

  /** Note an event, as `dls/study/interaction.py` lists them. */
  note(letter, ...numbers) {
    this.recorder?.note(seconds(), letter, ...numbers);
  }

  /** Note what changed on the screen. */
  look() {
    if (!this.recorder || !this.viewer.active) return;
    this.recorder.look(seconds(), this.viewer.shown);
    if (this.recorder.full) this.outbox.collect();
  }

  /** Work stops (pause, hidden tab) or goes on. */
  run(running) {
    this.clock?.run(running, seconds());
  }

  /** Active seconds on the case until now. */
  get seconds() {
    return this.clock.seconds(seconds());
  }

  /** Send what has been recorded, also while the page is going away. */
  keep() {
    this.outbox.collect({ keepalive: true });
  }
}
