// The reading room's panel below the images: the patient, one answer, its signature, and the list of keys.
import { element } from "./elements.js";
import { tool } from "./frame.js";
import { buildChoices, showChoice, showClinical } from "./panel.js";

const HELP = [
  ["1 – 7", "class"], ["` 1 … 9 0 with Shift", "confidence 0, 10 … 90, 100"], ["[  ]  or  −  +", "confidence ∓ 5"],
  ["Enter", "sign, next case"], ["u", "undo"], ["c", "comment"], ["p", "pause"], ["b", "case before, to revise"],
  ["s", "model's saliency, when shown"],
  ["↑ ↓  wheel", "slice"], ["Page, Home, End", "5 slices, first, last"], ["← →", "series"],
  ["drag", "window and level"], ["right drag, z Z", "zoom"], ["middle or Space drag", "pan"],
  ["double click, m", "one series"], ["x", "linked cursor"], ["d, Delete", "measure, clear"],
];
const percentSlider = { type: "range", min: 0, max: 100, step: 1, "aria-label": "Confidence that the lesion is malignant, per cent" };
const textField = (placeholder, label) => ({ type: "text", class: "comment", maxlength: 1000, placeholder, "aria-label": label });

export class ReadingPanel {
  /**
   * @param panel the element to fill
   * @param acts {choose(class), confidence(0–100), comment(text), sign(), undo(), back(), focusImages()}
   */
  constructor(panel, acts) {
    this.panel = panel;
    this.clinical = element("dl", { class: "clinical", "aria-label": "Clinical data" });
    this.help = element("dl", { class: "help", hidden: true, "aria-label": "Keys" });
    for (const [keys, what] of HELP) this.help.append(element("div", {}, element("dt", {}, keys), element("dd", {}, what)));
    this.choices = element("div", { class: "choices", role: "radiogroup", "aria-label": "Lesion class" });
    this.acts = acts;
    this.slider = element("input", percentSlider);
    this.slider.addEventListener("input", () => acts.confidence(Number(this.slider.value)));
    this.slider.addEventListener("pointerup", () => acts.focusImages());
    this.confidence = element("output", { class: "confidence" });
    this.comment = element("input", textField("Comment (c) – optional", "Comment"));
    this.comment.addEventListener("input", () => acts.comment(this.comment.value));
    this.reason = element("input", { ...textField("Why it is changed – needed", "Reason of the change"), hidden: true });
    this.signLabel = element("span", {}, "Sign");
    this.signButton = tool(this.signLabel, "Enter", acts.sign, { class: "sign" });
    this.undoButton = tool("Undo", "u", acts.undo);
    this.backButton = tool("Back", "b", acts.back);
    this.status = element("p", { class: "status", role: "status", "aria-live": "polite" });
    this.hint = element("p", { class: "hint", role: "status", "aria-live": "polite" });
    const ends = [
      element("span", {}, "surely benign ", element("kbd", {}, "⇧`")),
      element("kbd", {}, "[ ]"),
      element("span", {}, "surely malignant ", element("kbd", {}, "⇧0")),
    ];
    panel.append(
      element("section", { class: "patient" }, this.clinical, this.help),
      element("section", { class: "answer" }, this.choices),
      element(
        "section",
        { class: "scale" },
        element("div", { class: "scale-head" }, "Confidence: malignant", this.confidence),
        this.slider,
        element("div", { class: "scale-ends" }, ...ends),
        this.comment,
        this.reason,
      ),
      element(
        "section",
        { class: "finish" },
        element("div", { class: "buttons" }, this.backButton, this.undoButton),
        element("div", { class: "buttons" }, this.signButton),
        this.hint,
        this.status,
      ),
    );
  }

  /** Fill in what belongs to a case: its patient and the classes to choose from. */
  fill({ clinical, classes }) {
    showClinical(this.clinical, clinical);
    buildChoices(this.choices, classes, (chosen) => this.acts.choose(chosen));
  }

  /** No case: nothing of the one before stays readable. */
  clear() {
    this.clinical.replaceChildren();
  }

  /** @param answer an Answer; @param sign label of the signature; @param revising whether a reason is asked */
  show(answer, { sign = "Sign", revising = false, before = false } = {}) {
    const { values } = answer;
    showChoice(this.choices, values.lesion_class, values.ranking);
    const unset = values.malignancy === null;
    this.slider.classList.toggle("unset", unset);
    this.slider.value = unset ? 50 : values.malignancy;
    this.slider.setAttribute("aria-valuetext", unset ? "not set" : `${values.malignancy} per cent`);
    this.confidence.textContent = unset ? "–" : `${values.malignancy} %`;
    if (this.comment.value !== values.comment) this.comment.value = values.comment;
    const missing = answer.missing();
    this.signLabel.textContent = sign;
    this.signButton.classList.toggle("ready", !missing.length);
    this.signButton.setAttribute("aria-disabled", String(Boolean(missing.length)));
    this.undoButton.disabled = !answer.past.length;
    this.backButton.disabled = !before && !revising;
    this.reason.hidden = !revising;
    this.panel.classList.toggle("revising", revising);
    this.say(answer.contradictory ? "Class and confidence point to opposite sides." : "");
  }

  /** A hint about the answer; empty takes it away. */
  say(text) {
    this.hint.textContent = text;
  }

  /** How the answer fares: kind "saving", "saved" or "waiting". */
  report(kind, text, status = 200) {
    this.status.dataset.kind = kind;
    this.status.textContent = text;
    if (status === 401) this.status.append(" ", element("a", { href: "/sign-in", target: "_blank" }, "Sign in"));
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.clinical.hidden = !this.help.hidden;
    this.panel.classList.toggle("helping", !this.help.hidden);
  }
}
