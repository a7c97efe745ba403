// The reading room: images, the patient's data, and one answer per case and stage, signed by keyboard.
import { Answer } from "./answer.js";
import { Attention } from "./attention.js";
import { Frame, tool } from "./frame.js";
import { request } from "./images.js";
import { OpinionStrip } from "./opinion.js";
import { readingKey } from "./reading_keys.js";
import { ReadingPanel } from "./reading_panel.js";
import { clockTime, DraftSaver, patiently, send } from "./saving.js";

const FIELDS = ["lesion_class", "malignancy", "comment", "ranking"];
const AIDED = 2;

class ReadingRoom {
  constructor(host) {
    this.frame = new Frame(host, (event) => readingKey(this, event));
    this.answer = new Answer();
    this.signing = false;
    this.paused = false;
    this.cases = new Map();
    this.report = (kind, text, status) => this.panel.report(kind, text, status);
    this.#build();
    this.tabs = new BroadcastChannel("dls-readings");
    this.tabs.onmessage = ({ data }) => this.#otherTab(data);
    const { signal } = this.frame.listening;
    this.attention = new Attention(this.frame.viewer, this.report, signal);
    document.addEventListener("visibilitychange", () => this.#visible(), { signal });
    window.addEventListener("pagehide", () => this.#keep(), { signal });
    window.addEventListener("offline", () => this.report("waiting", "No connection. Your answer is kept here."), { signal });
    window.addEventListener("online", () => this.#online(), { signal });
  }

  update(component) {
    this.component = component;
    if (this.started) return;
    this.started = true;
    this.open(component.data.code);
  }

  #build() {
    const { frame } = this;
    this.pauseButton = tool("Pause", "p", () => this.pause());
    this.panel = new ReadingPanel(frame.panel, {
      choose: (lesionClass) => this.change((answer) => answer.choose(lesionClass)),
      confidence: (value) => this.change((answer) => answer.set("malignancy", value)),
      comment: (text) => this.change((answer) => answer.set("comment", text)),
      sign: () => this.sign(),
      undo: () => this.undo(),
      back: () => this.back(),
      focusImages: () => frame.viewer.element.focus({ preventScroll: true }),
    });
    frame.right.append(this.pauseButton, tool("Keys", "?", () => this.panel.toggleHelp()), tool("Worklist", null, () => this.#leave()));
    this.opinion = new OpinionStrip(frame.viewer, (shown) => this.attention.note("o", Number(shown)));
    frame.root.insertBefore(this.opinion.element, frame.panel);
    this.#show();
  }

  /** The stage that is being answered: the one that is due, or the one signed last when it is revised. */
  get stage() {
    return this.revising ? this.study.signed.stage : this.study.stage;
  }

  #show() {
    const sign = this.revising ? "Sign change" : this.study?.condition === "sequential" ? `Sign ${this.stage} of 2` : "Sign";
    this.panel.show(this.answer, { sign, revising: Boolean(this.revising), before: Boolean(this.study && this.before) });
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

  /**
   * Show a case, or `revise` a signed one before returning to that code.  How many are `left`, and which one was
   * signed `before`, may be known better than when the case was fetched ahead.
   */
  async open(code, { left = null, before = null, revise = null, waits = "", notice = "" } = {}) {
    if (!code) return this.#finished(waits);
    performance.mark("case opened");
    const waiting = setTimeout(() => this.frame.cover("Fetching the images …"), 200);
    const study = await patiently(() => this.fetchCase(code), (...told) => this.report(...told));
    clearTimeout(waiting);
    this.frame.cover(study ? null : `${this.panel.status.textContent} Go back to the worklist.`);
    if (!study) return undefined;
    if (study.status === "signed" && !revise) return this.open(study.next);
    this.study = study;
    this.before = before ?? study.before;
    this.revising = revise;
    const saver = new DraftSaver(`readings/${code}/draft`, (...told) => saver === this.saver && this.report(...told));
    this.saver = saver;
    const begun = revise ? null : (this.saver.unsent ?? study.draft);
    this.answer = new Answer(begun ?? study.signed, study.ranking_asked);
    this.openedAt = begun?.opened_at ?? Date.now();
    this.elsewhere = false;
    this.attention.begin(code, this.stage, begun?.active_seconds ?? 0);
    this.#title(left ?? study.left);
    this.panel.fill(study);
    this.panel.reason.value = "";
    this.#show();
    if (revise) this.report("saved", `Signed ${clockTime(study.signed.signed_at)}. A change needs a reason.`);
    else if (begun && !this.answer.empty && !notice) this.report("saved", "Draft restored");
    else if (this.panel.status.dataset.kind === "waiting") this.report("saved", "");
    if (!revise && !study.draft) this.saver.opened(this.#draft());
    const same = this.frame.root.dataset.code === code && this.frame.viewer.study;
    const shown = same ? this.attention.look() : this.frame.viewer.show(study);
    this.frame.root.dataset.code = code;
    this.#opinion(study);
    await shown;
    this.#prefetch(study);
    return undefined;
  }

  #title(left) {
    const { position, total, training, notice } = this.study;
    const place = `${training ? "Training case" : "Case"} ${position} of ${total}`;
    this.frame.title.textContent = this.revising ? `${place} · signed` : `${place} · ${left} to read`;
    this.frame.notice.hidden = !notice;
    this.frame.notice.textContent = notice ?? "";
  }

  /** Ask for the models' opinion where the stage has one; without it the stage cannot be signed. */
  async #opinion(study) {
    this.opinion.hide();
    this.frame.viewer.overlay({});
    this.advised = this.stage !== AIDED;
    if (this.advised) return;
    const { models } = (await patiently(() => send("POST", `opinions/${study.code}`, {}), this.report)) ?? {};
    if (!models || this.study !== study) return;
    const { signed } = study;
    const own = signed?.stage === 1 ? `${study.classes[signed.lesion_class]}, ${signed.malignancy} %` : null;
    this.opinion.show(models, study.code, own);
    this.advised = true;
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
    return { ...this.answer.values, active_seconds: this.attention.seconds, opened_at: this.openedAt };
  }

  /** Change the answer by `act(answer)`. */
  change(act) {
    if (this.signing || !this.study || this.paused) return;
    const before = this.answer.values;
    act(this.answer);
    const { values } = this.answer;
    if (values === before) return;
    this.attention.note("a", FIELDS.findLastIndex((name) => values[name] !== before[name]));
    this.#show();
    if (this.revising) return;
    const draft = this.#draft();
    this.elsewhere = false;
    this.saver.changed(draft);
    this.tabs.postMessage({ code: this.study.code, stage: this.stage, draft });
  }

  /** The same case in another tab of this browser was changed or signed there: that answer is the newer one. */
  #otherTab({ code, stage, draft }) {
    if (this.study?.code !== code || this.revising || this.stage !== stage || this.signing) return undefined;
    this.elsewhere = true;
    this.saver.stop();
    this.saver.forget();
    if (!draft) return this.report("saved", "This case was signed in another tab.");
    this.answer = new Answer(draft, this.study.ranking_asked);
    this.attention.clock.counted = draft.active_seconds;
    this.#show();
    return this.report("saved", "Taken over from another tab");
  }

  undo() {
    this.change((answer) => answer.undo());
  }

  async sign() {
    if (this.signing || this.paused || !this.study) return;
    const missing = this.answer.missing();
    const reason = this.panel.reason.value.trim();
    if (missing.length) return this.panel.say(`Still needed: ${missing.join(" and ")}.`);
    if (!this.advised) return this.panel.say("The models' opinion is still on its way.");
    if (this.revising && !reason) {
      this.panel.reason.focus();
      return this.panel.say("Say why the answer is changed.");
    }
    this.signing = true;
    this.frame.root.classList.add("signing");
    const { code } = this.study;
    const { stage, revising } = this;
    const { opened_at: opened, ...answer } = this.#draft();
    const entry = { ...answer, wall_seconds: Math.max(answer.active_seconds, (Date.now() - opened) / 1000) };
    await this.saver.stop();
    this.report("saving", "Signing …");
    const post = revising ? () => send("POST", `readings/${code}/revise`, { ...entry, reason }) : () => this.#post(code, { ...entry, stage });
    const done = await patiently(post, this.report);
    this.signing = false;
    this.frame.root.classList.remove("signing");
    if (!done) return undefined;
    this.tabs.postMessage({ code, stage });
    if (revising) return this.#goBack(`Change signed ${clockTime(done.signed_at)}`);
    this.saver.forget();
    this.#close(code);
    const notice = done.already ? "That case was signed before: the stored answer stands." : `Signed ${clockTime(done.signed_at)}`;
    return this.#next(done.next, { ...done, before: done.next === code ? null : code }, notice);
  }

  /** Sign; a case that was signed before is not an obstacle: its answer stands, and the next one follows. */
  #post(code, entry) {
    return send("POST", `readings/${code}/sign`, entry).catch((problem) => {
      if (problem.status !== 409 || !("next" in problem.body)) throw problem;
      return { already: true, ...problem.body };
    });
  }

  /** Nothing can be entered, and nothing of the case is readable, until the next one is there. */
  #close(code) {
    this.attention.end();
    this.study = this.revising = null;
    this.answer = new Answer();
    this.panel.clear();
    this.opinion.hide();
    this.#show();
    this.cases.delete(code);
    history.replaceState(history.state, "", location.pathname);
  }

  async #next(code, options, notice) {
    const opened = this.open(code, { ...options, notice });
    this.report("saved", notice);
    await opened;
  }

  /** To the case before this one, to look at or revise; from there back to the one that is to be read. */
  back() {
    if (this.signing || this.paused || !this.study) return undefined;
    if (this.revising) return this.#goBack("Nothing was changed");
    const { before, study: { code } } = this;
    if (!before) return this.panel.say("There is no signed case before this one.");
    this.#keep();
    this.#close(code);
    this.cases.delete(before);
    return this.open(before, { revise: code });
  }

  #goBack(notice) {
    const { revising: code, study } = this;
    this.#close(study.code);
    return this.#next(code, {}, notice);
  }

  #finished(waits) {
    this.study = null;
    this.frame.title.textContent = waits ? "All open cases are signed" : "All cases are signed";
    this.frame.notice.hidden = true;
    this.frame.cover(`${waits ? `${waits}.` : "All cases of your worklist are signed."} Thank you.`);
    this.frame.panel.hidden = true;
  }

  // ---- time, keys, leaving ----------------------------------------------------------------------------

  pause() {
    if (!this.study) return;
    this.paused = !this.paused;
    this.attention.run(!this.paused);
    this.attention.note("p", Number(this.paused));
    this.pauseButton.ariaPressed = String(this.paused);
    this.frame.cover(this.paused ? "Paused – press p to go on" : null);
    if (this.paused && !this.revising && !this.elsewhere) this.saver.changed(this.#draft());
  }

  #visible() {
    this.attention.run(!document.hidden && !this.paused);
    if (document.hidden) this.#keep();
  }

  #online() {
    this.report("saved", "The connection is back");
    this.saver?.retry();
    this.attention.keep();
  }

  /** Keep the answer and what was looked at, since the page may be going away. */
  #keep() {
    if (!this.study || this.signing) return;
    this.attention.keep();
    if (this.revising || this.elsewhere) return;
    this.saver.changed(this.#draft());
    this.saver.leave();
  }

  #leave() {
    this.#keep();
    this.component.setTriggerValue("leave", true);
  }

  destroy() {
    this.tabs.close();
    this.frame.destroy();
  }
}

export default function mount(component) {
  const host = component.parentElement;
  host.room ??= new ReadingRoom(host);
  host.room.update(component);
  return () => {
    host.room?.destroy();
    delete host.room;
  };
}
