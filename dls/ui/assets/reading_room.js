// The reading room: images, the patient's data, and one answer per case, signed by keyboard.
import { Answer, confidenceOfKey } from "./answer.js";
import { ActiveClock } from "./clock.js";
import { element } from "./elements.js";
import { Frame, tool } from "./frame.js";
import { request } from "./images.js";
import { buildChoices, showChoice, showClinical } from "./panel.js";
import { clockTime, DraftSaver, patiently, send } from "./saving.js";

const HELP = [
  ["1 – 7", "class"], ["` 1 … 9 0 with Shift", "confidence 0, 10 … 90, 100"], ["[  ]  or  −  +", "confidence ∓ 5"],
  ["Enter", "sign, next case"], ["u", "undo"], ["c", "comment"], ["p", "pause"],
  ["↑ ↓  wheel", "slice"], ["Page, Home, End", "5 slices, first, last"], ["← →", "series"],
  ["drag", "window and level"], ["right drag, z Z", "zoom"], ["middle or Space drag", "pan"],
  ["double click, m", "one series"], ["x", "linked cursor"], ["d, Delete", "measure, clear"],
];
const seconds = () => performance.now() / 1000;

class ReadingRoom {
  constructor(host) {
    this.frame = new Frame(host, (event) => this.key(event));
    this.answer = new Answer();
    this.signing = false;
    this.paused = false;
    this.cases = new Map();
    this.report = (kind, text, status) => this.#report(kind, text, status);
    this.#build();
    const { signal } = this.frame.listening;
    for (const type of ["pointermove", "pointerdown", "keydown", "wheel"])
      window.addEventListener(type, () => this.clock?.activity(seconds()), { capture: true, passive: true, signal });
    document.addEventListener("visibilitychange", () => this.#visible(), { signal });
    window.addEventListener("pagehide", () => this.#keep(), { signal });
  }

  update(component) {
    this.component = component;
    if (this.started) return;
    this.started = true;
    this.open(component.data.code);
  }

  // ---- the panel --------------------------------------------------------------------------------------

  #build() {
    const { frame } = this;
    this.pauseButton = tool("Pause", "p", () => this.pause());
    this.helpButton = tool("Keys", "?", () => this.#toggleHelp());
    frame.right.append(this.pauseButton, this.helpButton, tool("Worklist", null, () => this.#leave()));
    this.clinical = element("dl", { class: "clinical", "aria-label": "Clinical data" });
    this.help = element("dl", { class: "help", hidden: true, "aria-label": "Keys" });
    for (const [keys, what] of HELP) this.help.append(element("div", {}, element("dt", {}, keys), element("dd", {}, what)));
    this.choices = element("div", { class: "choices", role: "radiogroup", "aria-label": "Lesion class" });
    this.slider = element("input", { type: "range", min: 0, max: 100, step: 1, "aria-label": "Confidence that the lesion is malignant, per cent" });
    this.slider.addEventListener("input", () => this.#change(() => this.answer.set("malignancy", Number(this.slider.value))));
    this.slider.addEventListener("pointerup", () => this.frame.viewer.element.focus({ preventScroll: true }));
    this.confidence = element("output", { class: "confidence" });
    this.comment = element("input", { type: "text", class: "comment", maxlength: 1000, placeholder: "Comment (c) – optional", "aria-label": "Comment" });
    this.comment.addEventListener("input", () => this.#change(() => this.answer.set("comment", this.comment.value)));
    this.signButton = tool("Sign", "Enter", () => this.sign(), { class: "sign" });
    this.undoButton = tool("Undo", "u", () => this.undo());
    this.status = element("p", { class: "status", role: "status", "aria-live": "polite" });
    this.hint = element("p", { class: "hint", role: "status", "aria-live": "polite" });
    frame.panel.append(
      element("section", { class: "patient" }, this.clinical, this.help),
      element("section", { class: "answer" }, this.choices),
      element(
        "section",
        { class: "scale" },
        element("div", { class: "scale-head" }, "Confidence: malignant", this.confidence),
        this.slider,
        element("div", { class: "scale-ends" }, element("span", {}, "surely benign ", element("kbd", {}, "⇧`")), element("kbd", {}, "[ ]"), element("span", {}, "surely malignant ", element("kbd", {}, "⇧0"))),
        this.comment,
      ),
      element("section", { class: "finish" }, element("div", { class: "buttons" }, this.undoButton, this.signButton), this.hint, this.status),
    );
    this.#show();
  }

  #show() {
    const { values } = this.answer;
    showChoice(this.choices, values.lesion_class);
    const unset = values.malignancy === null;
    this.slider.classList.toggle("unset", unset);
    this.slider.value = unset ? 50 : values.malignancy;
    this.slider.setAttribute("aria-valuetext", unset ? "not set" : `${values.malignancy} per cent`);
    this.confidence.textContent = unset ? "–" : `${values.malignancy} %`;
    if (this.comment.value !== values.comment) this.comment.value = values.comment;
    const missing = this.answer.missing();
    this.signButton.classList.toggle("ready", !missing.length);
    this.signButton.setAttribute("aria-disabled", String(Boolean(missing.length)));
    this.undoButton.disabled = !this.answer.past.length;
    this.#hint(this.answer.contradictory ? "Class and confidence point to opposite sides." : "");
  }

  #hint(text) {
    this.hint.textContent = text;
  }


  #report(kind, text, status = 200) {
    this.status.dataset.kind = kind;
    this.status.textContent = text;
    if (status === 401) this.status.append(" ", element("a", { href: "/sign-in", target: "_blank" }, "Sign in"));
  }

  #toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.clinical.hidden = !this.help.hidden;
    this.frame.panel.classList.toggle("helping", !this.help.hidden);
  }

  // ---- one case ---------------------------------------------------------------------------------------

  /** Everything about a case that its reader may know, from the server; prefetched ones are at hand. */
  fetchCase(code) {
    if (!this.cases.has(code)) {
      const loading = request(`readings/${code}`).then((response) => response.json());
      loading.catch(() => this.cases.delete(code));
      this.cases.set(code, loading);
    }
    return this.cases.get(code);
  }

  /** Show a case; `left` cases are to read, where that is known better than when the case was fetched ahead. */
  async open(code, left = null) {
    if (!code) return this.#finished();
    performance.mark("case opened");
    const waiting = setTimeout(() => this.frame.cover("Fetching the images …"), 200);
    const study = await patiently(() => this.fetchCase(code), this.report);
    clearTimeout(waiting);
    this.frame.cover(study ? null : "This case cannot be shown; go back to the worklist.");
    if (!study) return undefined;
    if (study.status === "signed") return this.open(study.next);
    this.study = study;
    this.saver = new DraftSaver(`readings/${code}/draft`, this.report);
    const draft = this.saver.unsent ?? study.draft;
    this.answer = new Answer(draft);
    this.clock = new ActiveClock(seconds(), draft?.active_seconds ?? 0);
    this.openedAt = draft?.opened_at ?? Date.now();
    this.frame.title.textContent = `Case ${study.position} of ${study.total} · ${left ?? study.left} to read`;
    this.frame.notice.hidden = !study.notice;
    this.frame.notice.textContent = study.notice ?? "";
    showClinical(this.clinical, study.clinical);
    buildChoices(this.choices, study.classes, (chosen) => this.#change(() => this.answer.set("lesion_class", chosen)));
    this.#show();
    if (!this.answer.empty) this.report("saved", "Draft restored");
    else if (this.status.dataset.kind === "waiting") this.report("saved", "");
    this.saver.opened(this.#draft());
    const shown = this.frame.viewer.show(study);
    this.frame.root.dataset.code = code;
    await shown;
    this.#prefetch(study);
    return undefined;
  }

  async #prefetch({ series, next }) {
    const { images } = this.frame.viewer;
    if (!next) return images.keep(series);
    const following = await this.fetchCase(next).catch(() => null);
    if (!following || this.study?.next !== next) return undefined;
    images.keep([...series, ...following.series]);
    return images.prefetch(following.series).catch(() => {});
  }

  #draft() {
    return { ...this.answer.values, active_seconds: this.clock.seconds(seconds()), opened_at: this.openedAt };
  }

  #change(act) {
    if (this.signing || !this.study || this.paused) return;
    act();
    this.#show();
    this.saver.changed(this.#draft());
  }

  undo() {
    this.#change(() => this.answer.undo());
  }

  async sign() {
    if (this.signing || this.paused || !this.study) return;
    const missing = this.answer.missing();
    if (missing.length) {
      this.#hint(`Still needed: ${missing.join(" and ")}.`);
      return;
    }
    this.signing = true;
    this.frame.root.classList.add("signing");
    const { code } = this.study;
    const { active_seconds: active, opened_at: opened, ...answer } = this.#draft();
    const entry = { ...answer, active_seconds: active, wall_seconds: Math.max(active, (Date.now() - opened) / 1000) };
    await this.saver.stop();
    this.report("saving", "Signing …");
    const done = await patiently(() => this.#post(code, entry), this.report);
    this.signing = false;
    this.frame.root.classList.remove("signing");
    if (!done) return;
    this.study = null; // nothing can be entered until the next case is there
    this.answer = new Answer();
    this.clinical.replaceChildren();
    this.#show();
    this.saver.forget();
    this.cases.delete(code);
    history.replaceState(history.state, "", location.pathname);
    const notice = done.already ? "That case was signed before: the stored answer stands." : `Signed ${clockTime(done.signed_at)}`;
    await this.#next(done, notice);
  }

  /** Sign; a case that was signed before is not an obstacle: its answer stands, and the next one follows. */
  #post(code, entry) {
    return send("POST", `readings/${code}/sign`, entry).catch((problem) => {
      if (problem.status !== 409) throw problem;
      return { already: true, ...problem.body };
    });
  }

  async #next({ next, left }, notice) {
    const opened = this.open(next, left);
    this.report("saved", notice);
    await opened;
  }

  #finished() {
    this.study = null;
    this.frame.title.textContent = "All cases are signed";
    this.frame.notice.hidden = true;
    this.frame.cover("All cases of your worklist are signed. Thank you.");
    this.frame.panel.hidden = true;
  }

  // ---- time, keys, leaving ----------------------------------------------------------------------------

  pause() {
    if (!this.study) return;
    this.paused = !this.paused;
    this.clock.run(!this.paused, seconds());
    this.pauseButton.ariaPressed = String(this.paused);
    this.frame.cover(this.paused ? "Paused – press p to go on" : null);
    if (this.paused) this.saver.changed(this.#draft());
  }

  #visible() {
    if (!this.clock) return;
    this.clock.run(!document.hidden && !this.paused, seconds());
    if (document.hidden) this.#keep();
  }

  #keep() {
    if (!this.study || this.signing) return;
    this.saver.changed(this.#draft());
    this.saver.leave();
  }

  #leave() {
    this.#keep();
    this.component.setTriggerValue("leave", true);
  }

  key(event) {
    if (this.paused) return event.key === "p" ? (this.pause(), true) : true;
    if (event.ctrlKey || event.metaKey) return this.undo(), true;
    const confidence = event.shiftKey || event.code === "Backquote" ? confidenceOfKey(event.code) : null;
    const digit = /^(?:Digit|Numpad)([1-7])$/.exec(event.code);
    const step = { "]": 5, "+": 5, "=": 5, "[": -5, "-": -5 }[event.key];
    if (confidence !== null) this.#change(() => this.answer.set("malignancy", confidence));
    else if (digit) this.#change(() => this.answer.set("lesion_class", Number(digit[1]) - 1));
    else if (step) this.#change(() => this.answer.step(step));
    else if (event.key === "Enter") event.repeat || this.sign();
    else if (event.key === "u") this.undo();
    else if (event.key === "c") this.comment.focus();
    else if (event.key === "p") this.pause();
    else if (event.key === "?") this.#toggleHelp();
    else return false;
    return true;
  }
}

export default function mount(component) {
  const host = component.parentElement;
  host.room ??= new ReadingRoom(host);
  host.room.update(component);
  return () => {
    host.room?.frame.destroy();
    delete host.room;
  };
}
