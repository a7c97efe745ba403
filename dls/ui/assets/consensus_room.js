// The consensus room: a case on which the readers differ, their answers without names, one decision.
import { element } from "./elements.js";
import { Frame, tool } from "./frame.js";
import { request } from "./images.js";
import { buildChoices, showChoice, showClinical } from "./panel.js";
import { clockTime, patiently, send } from "./saving.js";

const GONE = "This case waits for no decision any more; go back to the list.";

class ConsensusRoom {
  constructor(host) {
    this.frame = new Frame(host, (event) => this.key(event));
    this.report = (kind, text) => {
      this.status.dataset.kind = kind;
      this.status.textContent = text;
    };
    this.chosen = null;
    this.#build();
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
    this.answers = element("ul", { class: "answers", "aria-label": "The readers' answers, without names" });
    this.choices = element("div", { class: "choices", role: "radiogroup", "aria-label": "Joint decision" });
    this.reason = element("input", { type: "text", class: "comment", maxlength: 1000, placeholder: "Reason – optional", "aria-label": "Reason of the decision" });
    this.decideButton = tool("Decide together", "Enter", () => this.decide(), { class: "sign" });
    this.status = element("p", { class: "status", role: "status", "aria-live": "polite" });
    this.simulated = element("span", { class: "note" });
    frame.panel.append(
      element("section", { class: "patient" }, this.clinical),
      element("section", { class: "answer" }, this.choices),
      element("section", { class: "scale" }, element("h2", {}, "Answers ", this.simulated), this.answers, this.reason),
      element("section", { class: "finish" }, element("div", { class: "buttons" }, this.decideButton), this.status),
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
    this.study = await response.json();
    const { classes, answers, clinical, left, notice, simulated } = this.study;
    this.chosen = null;
    this.reason.value = "";
    this.openedAt = performance.now();
    this.frame.title.textContent = `Consensus, ${left} to decide`;
    this.frame.notice.hidden = !notice;
    this.frame.notice.textContent = notice ?? "";
    this.simulated.textContent = simulated ? "simulated readings" : "";
    this.answers.replaceChildren(...answers.map((answer) => element("li", {}, classes[answer])));
    showClinical(this.clinical, clinical);
    buildChoices(this.choices, classes, (chosen) => this.choose(chosen));
    this.choose(null);
    this.frame.root.dataset.code = code;
    const { study } = this;
    await this.frame.viewer.show(study);
    await this.#prefetch(study);
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

  #gone() {
    this.study = null;
    this.report("saved", "");
    this.frame.cover(GONE);
  }

  choose(lesionClass) {
    if (!this.study) return;
    this.chosen = lesionClass;
    showChoice(this.choices, lesionClass);
    this.decideButton.classList.toggle("ready", lesionClass !== null);
    this.decideButton.setAttribute("aria-disabled", String(lesionClass === null));
  }

  async decide() {
    if (this.deciding || !this.study) return;
    if (this.chosen === null) {
      this.report("waiting", "Still needed: class (1–7).");
      return;
    }
    this.deciding = true;
    const { code } = this.study;
    const decision = {
      lesion_class: this.chosen,
      reason: this.reason.value,
      seconds: (performance.now() - this.openedAt) / 1000,
    };
    const done = await patiently(() => this.#post(code, decision), this.report);
    this.deciding = false;
    if (!done) return;
    if (done.gone) {
      this.#gone();
      return;
    }
    this.study = null; // nothing can be decided until the next case is there
    this.report("saved", `Decided ${clockTime(done.decided_at)}`);
    if (done.next) history.replaceState(history.state, "", `?case=${done.next}`);
    await this.open(done.next);
  }

  /** Store the decision; that somebody else decided the case meanwhile is an answer too. */
  #post(code, decision) {
    return send("POST", `consensus/${code}/decide`, decision).catch((problem) => {
      if (problem.status !== 404 && problem.status !== 409) throw problem;
      return { gone: true };
    });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey) return false;
    const digit = /^(?:Digit|Numpad)([1-7])$/.exec(event.code);
    if (digit && !event.shiftKey) this.choose(Number(digit[1]) - 1);
    else if (event.key === "Enter") event.repeat || this.decide();
    else if (event.key === "c") this.reason.focus();
    else return false;
    return true;
  }
}

export default function mount(component) {
  const host = component.parentElement;
  host.room ??= new ConsensusRoom(host);
  host.room.update(component);
  return () => {
    host.room?.frame.destroy();
    delete host.room;
  };
}
