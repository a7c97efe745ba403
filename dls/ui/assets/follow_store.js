// Asks the server for a change counter (the study's, or another at `address`), and tells the page when it is not
// the one it was drawn from.
//
// A request of our own rather than a fragment with `run_every`: Streamlit folds the fragment's rerun into one that
// is under way and takes the older address from it, so that a click on the page is now and then undone.
import { Refused, request } from "./images.js";

const POLL_MS = 500;
const UNATTENDED_MS = 30 * 60_000; // then it stops asking, so that an abandoned session can time out

class Follower {
  constructor() {
    this.timer = setInterval(() => this.#look(), POLL_MS);
    this.listening = new AbortController();
    for (const type of ["pointermove", "keydown", "wheel"])
      window.addEventListener(type, () => this.#attend(), { passive: true, signal: this.listening.signal });
    this.#attend();
  }

  #attend() {
    this.attended = performance.now();
  }

  stop() {
    clearInterval(this.timer);
    this.listening.abort();
  }

  update(component) {
    this.component = component;
    this.told = false;
  }

  async #look() {
    const unattended = performance.now() - this.attended > UNATTENDED_MS;
    if (this.told || this.looking || document.hidden || unattended) return;
    this.looking = true;
    const { component } = this;
    try {
      const { counter } = await (await request(component.data.address)).json();
      if (component === this.component && counter !== component.data.seen) this.#tell();
    } catch (problem) {
      // Signed out: the page says so when it runs.  Without a connection the page shows that itself.
      if (problem instanceof Refused) this.#tell();
    } finally {
      this.looking = false;
    }
  }

  #tell() {
    this.told = true;
    this.component.setTriggerValue("changed", true);
  }
}

export default function mount(component) {
  const host = component.parentElement;
  host.follower ??= new Follower();
  host.follower.update(component);
  return () => {
    host.follower?.stop();
    delete host.follower;
  };
}
