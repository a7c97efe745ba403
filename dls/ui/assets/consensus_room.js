// The consensus room: a case on which the readers differ.  Where the protocol asks for it each reads it again
// alone; then the answers without names, and one decision.  Browsers that are open at a case go on together.
import { ActiveClock } from "./clock.js";
import { element } from "./elements.js";
import { Frame, tool } from "./frame.js";
import { request } from "./images.js";
import { buildChoices, showChoice, showClinical } from "./panel.js";
import { clockTime, patiently, send } from "./saving.js";

const GONE = "This case waits for no decision any more; go back to the list.";
const ASK_MS = 1000;
const UNATTENDED_S = 30 * 60; // then it stops asking, so that an abandoned session can time out
const seconds = () => performance.now() / 1000;
const WORDS = {
  reread: { head: "Second reading", act: "Sign", reason: "Comment (c) – optional" },
  waiting: { head: "Second reading signed", act: "", reason: "" },
  decision: { head: "Answers", act: "Decide together", reason: "Reason (c) – optional" },
};

class ConsensusRoom {
  constructor(host) {
    this.frame = new Frame(host, (event) => this.key(event));
    this.report = (kind, text) => {
      this.status.dataset.kind = kind;
      this.status.textContent = text;
    };
    this.chosen = null;
    this.#build();
    const { signal } = this.frame.listening;
    for (const type of ["pointermove", "pointerdown", "keydown", "wheel"])
      window.addEventListener(type, () => this.clock?.activity(seconds()), { capture: true, passive: true, signal });
    this.asking = setInterval(() => this.#ask(), ASK_MS);
  }

  update(component) {
    this.component = component;
    if (this.started) return;
    this.started = true;
    this.open(component.data.code);
  }

  #build() {
    const { frame } = this;
    frame.right.append(tool("Back to the list", null, () => this.component.setTriggerValue("leave", true)));
    this.clinical = element("dl", { class: "clinical", "aria-label": "Clinical data" });
    this.head = element("h2", {});
    this.answers = element("ul", { class: "answers", "aria-label": "The readers' answers, without names" });
    this.rereads = element("ul", { class: "answers again", "aria-label": "The second readings, without names" });
    this.choices = element("div", { class: "choices", role: "radiogroup", "aria-label": "Lesion class" });
    this.reason = element("input", { type: "text", class: "comment", maxlength: 1000, "aria-label": "Reason of the decision" });
    this.actLabel = element("span", {});
    this.actButton = tool(this.actLabel, "Enter", () => this.act(), { class: "sign" });
    this.nextButton = tool("Next case meanwhile", "n", () => this.#goOn());
    this.actButtons = element("div", { class: "buttons" }, this.actButton);
    this.progress = element("p", { class: "note progress", role: "status", "aria-live": "polite" });
    this.present = element("p", { class: "note progress", role: "status", "aria-live": "polite" });
    this.status = element("p", { class: "status", role: "status", "aria-live": "polite" });
    this.reason.hidden = this.actButtons.hidden = this.nextButton.hidden = true; // until it is known what is due
    frame.panel.append(
      element("section", { class: "patient" }, this.clinical),
      element("section", { class: "answer" }, this.choices),
      element("section", { class: "scale" }, this.head, this.answers, this.rereads, this.progress, this.reason),
      element("section", { class: "finish" }, this.actButtons, this.nextButton, this.status, this.present),
    );
  }

  async open(code) {
    if (!code) {
      this.component.setTriggerValue("leave", true);
      return;
    }
    const waiting = setTimeout(() => this.frame.cover("Fetching the images …"), 200);
    const response = await patiently(() => request(`consensus/${code}`), this.report);
    clearTimeout(waiting);
    if (!response) {
      this.#gone();
      return;
    }
    this.frame.cover(null);
    const study = await response.json();
    const shown = this.frame.root.dataset.code === code && this.frame.viewer.study;
    this.study = study;
    this.#fill(study);
    this.frame.root.dataset.code = code;
    if (!shown) await this.frame.viewer.show(study);
    await this.#prefetch(study);
  }

  /** Everything but the images, for what is due now. */
  #fill({ classes, answers, rereads, clinical, due, alone, left, notice, simulated, next }) {
    const { frame } = this;
    this.chosen = null;
    this.clock = new ActiveClock(seconds());
    frame.title.textContent = `Consensus, ${left} to decide`;
    frame.notice.hidden = !notice;
    frame.notice.textContent = notice ?? "";
    const words = WORDS[due];
    this.head.replaceChildren(words.head, " ", element("span", { class: "note" }, simulated ? "simulated readings" : ""));
    this.actLabel.textContent = due === "decision" && alone ? "Decide" : words.act;
    this.reason.placeholder = words.reason;
    this.reason.setAttribute("aria-label", due === "decision" ? "Reason of the decision" : "Comment on the second reading");
    this.reason.value = "";
    this.reason.hidden = this.actButtons.hidden = due === "waiting";
    this.head.hidden = rereads.length > 0;
    this.nextButton.hidden = due !== "waiting" || !next;
    const list = (place, name, calls) => {
      const head = name && calls.length ? [element("span", { class: "note" }, name)] : [];
      place.classList.toggle("inline", rereads.length > 0);
      place.replaceChildren(...head, ...calls.map((call) => element("li", {}, classes[call])));
    };
    list(this.answers, rereads.length ? "First: " : "", answers);
    list(this.rereads, "Again: ", rereads);
    showClinical(this.clinical, clinical);
    buildChoices(this.choices, classes, (chosen) => this.choose(chosen));
    this.choose(null);
    this.#tell(this.study);
  }

  /** How far the others are, and how many look at this case now. */
  #tell({ due, reread, of, here = null }) {
    const parts = [];
    if (due === "reread") parts.push("The readers differ. Read it again on your own; answers appear when all have.");
    if (due === "waiting") parts.push(`${reread} of ${of} have read it again; the answers appear when all have.`);
    this.progress.textContent = parts.join(" ");
    this.present.textContent = here > 1 ? `${here} of you are at this case` : "";
  }

  /** Images of the case that waits next, in the background. */
  async #prefetch({ series, next }) {
    const { images } = this.frame.viewer;
    images.keep(series);
    if (!next) return;
    try {
      const following = await (await request(`consensus/${next}`)).json();
      if (this.study?.next === next) await images.prefetch(following.series);
    } catch {
      // The case is fetched, with its errors shown, when its turn comes.
    }
  }

  /** Ask how the case stands: all have read it again, or it was decided in another browser. */
  async #ask() {
    const { study } = this;
    if (!study || this.busy || document.hidden || seconds() - this.clock.last > UNATTENDED_S) return;
    this.busy = true;
    try {
      const now = await (await request(`consensus/${study.code}/state`)).json();
      if (this.study !== study) return;
      if (now.due === study.due) this.#tell(now);
      else if (now.due === "nothing") await this.#over(now);
      else await this.open(study.code);
    } catch (problem) {
      // Without a connection, or signed out, what the reader does next says so; nothing typed is lost.
      if (problem.status === 404) this.#gone();
    } finally {
      this.busy = false;
    }
  }

  /** The case is done without a word from here: on to the next one, with the others. */
  async #over({ decided, mode, next }) {
    this.study = null;
    const how = { reread: "All agree now", majority: "The majority decided" }[mode] ?? "Decided";
    this.report("saved", decided ? `${how}: ${decided}` : "All have read it again; the adjudicator decides.");
    await this.#goTo(next);
  }

  #gone() {
    this.study = null;
    this.report("saved", "");
    this.frame.cover(GONE);
  }

  async #goTo(code) {
    if (code) history.replaceState(history.state, "", `?case=${code}`);
    await this.open(code);
  }

  #goOn() {
    const { next } = this.study ?? {};
    if (next && this.study.due === "waiting") this.#goTo(next);
  }

  /** Whether a class may be chosen: the second reading or the decision is due here. */
  get #open() {
    return ["reread", "decision"].includes(this.study?.due);
  }

  choose(lesionClass) {
    if (!this.#open) return;
    this.chosen = lesionClass;
    showChoice(this.choices, lesionClass);
    this.actButton.classList.toggle("ready", lesionClass !== null);
    this.actButton.setAttribute("aria-disabled", String(lesionClass === null));
  }

  /** Sign the second reading, or store the decision: whichever is due. */
  async act() {
    if (this.acting || !this.#open) return;
    if (this.chosen === null) {
      this.report("waiting", "Still needed: class (1–7).");
      return;
    }
    this.acting = this.busy = true;
    const { code, due } = this.study;
    const again = due === "reread";
    const answer = { lesion_class: this.chosen, reason: this.reason.value, seconds: this.clock.seconds(seconds()) };
    const done = await patiently(() => this.#post(`consensus/${code}/${again ? "reread" : "decide"}`, answer), this.report);
    this.acting = this.busy = false;
    if (!done) return;
    if (done.gone) this.#gone();
    else if (again) await this.#signedAgain(done);
    else await this.#decided(done);
  }

  async #signedAgain({ signed_at: at }) {
    this.report("saved", `Signed ${clockTime(at)}`);
    this.study = { ...this.study, due: "signed" };
    await this.#ask();
  }

  async #decided({ next, decided_at: at }) {
    this.study = null; // nothing can be decided until the next case is there
    this.report("saved", `Decided ${clockTime(at)}`);
    await this.#goTo(next);
  }

  /** Store an answer; that somebody else decided the case meanwhile is an answer too. */
  #post(path, answer) {
    return send("POST", path, answer).catch((problem) => {
      if (problem.status !== 404 && problem.status !== 409) throw problem;
      return { gone: true };
    });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey) return false;
    const digit = /^(?:Digit|Numpad)([1-7])$/.exec(event.code);
    if (digit && !event.shiftKey) this.choose(Number(digit[1]) - 1);
    else if (event.key === "Enter") event.repeat || this.act();
    else if (event.key === "c") this.reason.focus();
    else if (event.key === "n") this.#goOn();
    else return false;
    return true;
  }

  destroy() {
    clearInterval(this.asking);
    this.frame.destroy();
  }
}

export default function mount(component) {
  const host = component.parentElement;
  host.room ??= new ConsensusRoom(host);
  host.room.update(component);
  return () => {
    host.room?.destroy();
    delete host.room;
  };
}
