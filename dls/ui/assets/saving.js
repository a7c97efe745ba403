// Drafts on their way to the server: saved shortly after each change, kept in this tab until acknowledged.
import { Refused, request } from "./images.js";

const WAIT_MS = 300;
const RETRY_MS = 2000;

/** Send JSON with the header that no other site can set without this server's consent. */
export async function send(method, path, body, options = {}) {
  const headers = { "Content-Type": "application/json", "X-DLS-Request": "1" };
  const response = await request(path, { method, headers, body: JSON.stringify(body), ...options });
  return response.status === 204 ? null : response.json();
}

/** True when trying again can help: no connection, signed out, or the server in trouble. */
export const passing = (problem) => !(problem instanceof Refused) || problem.status === 401 || problem.status >= 500;

/** What kept a request from being done, in the reader's words. */
export function reason(problem) {
  if (!(problem instanceof Refused)) return "No connection to the server";
  return problem.status === 401 ? "You are signed out" : problem.message;
}

/** Local time of a UTC timestamp, as 14:03:27. */
export const clockTime = (timestamp) => new Date(timestamp).toLocaleTimeString("en-GB");

/** Try until it works, reporting what is in the way; null when the server refuses for good. */
export async function patiently(act, report) {
  for (;;) {
    try {
      return await act();
    } catch (problem) {
      const again = passing(problem);
      report("waiting", `${reason(problem)}.${again ? " Nothing is lost; trying again …" : ""}`, problem.status);
      if (!again) return null;
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}

export class DraftSaver {
  /** @param path where drafts of this case go; @param report called with ("saving" | "saved" | "waiting", text) */
  constructor(path, report) {
    this.path = path;
    this.report = report;
    this.pending = null;
    this.sending = null;
    this.timer = null;
    this.silent = true;
  }

  /** Draft kept in this browser tab that the server has not acknowledged, or null. */
  get unsent() {
    const kept = sessionStorage.getItem(this.path);
    return kept ? JSON.parse(kept) : null;
  }

  /** Save this draft soon; it replaces one that is still waiting. */
  changed(draft) {
    this.silent = false;
    this.report("saving", "Saving …");
    this.#keep(draft);
  }

  /** Save the draft of a case that was just opened; only a failure is worth a word. */
  opened(draft) {
    this.#keep(draft);
  }

  #keep(draft) {
    this.pending = draft;
    sessionStorage.setItem(this.path, JSON.stringify(draft));
    this.#schedule(WAIT_MS);
  }

  #schedule(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.#send();
    }, wait);
  }

  async #send() {
    if (this.sending || !this.pending) return;
    const draft = this.pending;
    this.pending = null;
    this.sending = send("PUT", this.path, draft);
    try {
      const { saved_at: at } = await this.sending;
      if (!this.pending) {
        this.forget();
        if (!this.silent) this.report("saved", `Draft saved ${clockTime(at)}`);
      }
    } catch (problem) {
      const again = passing(problem);
      if (again) {
        this.pending ??= draft;
        this.#schedule(RETRY_MS);
      }
      this.silent = false;
      this.report("waiting", `${reason(problem)}.${again ? " Your answer is kept here and sent again." : ""}`);
    } finally {
      this.sending = null;
    }
    if (this.pending && !this.timer) this.#schedule(0);
  }

  /** The connection is back: what waits goes at once. */
  retry() {
    if (this.pending) this.#schedule(0);
  }

  /** Send what waits while the page is being left. */
  leave() {
    if (this.pending) send("PUT", this.path, this.pending, { keepalive: true }).catch(() => {});
  }

  /** No more drafts: the case is being signed. */
  async stop() {
    clearTimeout(this.timer);
    this.pending = null;
    await this.sending?.catch(() => {});
  }

  /** Forget the copy in this tab. */
  forget() {
    sessionStorage.removeItem(this.path);
  }
}
