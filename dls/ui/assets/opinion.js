// The models' opinion, under the images, once the server has released it; their saliency over the images.
import { element } from "./elements.js";
import { tool } from "./frame.js";

const percent = (score) => `${Math.round(score * 100)} %`;

/** Classes and scores, the largest first: "HCC 62 % · FNH 30 %"; scores that round to nothing are left out. */
export function scoresInWords({ classes, scores }) {
  return classes
    .map((label, n) => ({ label, score: scores[n] }))
    .filter(({ score }) => score >= 0.005)
    .sort((a, b) => b.score - a.score)
    .map(({ label, score }) => `${label} ${percent(score)}`)
    .join(" · ");
}

export class OpinionStrip {
  /**
   * @param viewer whose series the saliency is laid over
   * @param switched function(shown) called when saliency appears or goes
   */
  constructor(viewer, switched) {
    this.viewer = viewer;
    this.switched = switched;
    this.models = element("div", { class: "models" });
    this.own = element("span", { class: "own" });
    this.buttons = element("span", { class: "tools", role: "toolbar", "aria-label": "Saliency of a model" });
    this.opacity = element("input", { type: "range", min: 0, max: 100, value: 55, "aria-label": "Opacity of the saliency" });
    this.opacity.addEventListener("input", () => viewer.setOpacity(this.opacity.value / 100));
    this.status = element("span", { class: "note", role: "status", "aria-live": "polite" });
    this.element = element(
      "section",
      { class: "opinion", hidden: true, "aria-label": "The models' opinion" },
      this.models,
      element("div", { class: "side" }, this.own, this.status, this.buttons, this.opacity),
    );
    this.hide();
  }

  hide() {
    this.letters = [];
    this.letter = null;
    this.element.hidden = true;
    this.models.replaceChildren();
  }

  /** @param models the server's answer; @param code the case; @param own the unaided answer in words, or null */
  show(models, code, own) {
    this.code = code;
    this.letters = models.map(({ letter }) => letter);
    this.slugs = new Map(models.map(({ letter, slugs }) => [letter, slugs]));
    this.models.replaceChildren(
      ...models.map((model) =>
        element(
          "p",
          { "data-letter": model.letter },
          element("b", {}, `Model ${model.letter}: ${model.called}`),
          element("span", {}, scoresInWords(model)),
        ),
      ),
    );
    this.own.textContent = own ? `You, unaided: ${own}` : "";
    this.buttons.replaceChildren(
      ...this.letters.map((letter, n) => tool(`Saliency ${letter}`, n ? null : "s", () => this.lay(letter === this.letter ? null : letter))),
    );
    this.element.hidden = false;
    this.viewer.setOpacity(this.opacity.value / 100);
    this.#mark();
  }

  /** The next model's saliency, after the last one none. */
  turn() {
    const following = this.letters[this.letters.indexOf(this.letter) + 1] ?? null;
    if (this.letters.length) this.lay(following);
  }

  /** Lay a model's saliency over the series, or take it away (null). */
  async lay(letter) {
    this.letter = letter;
    this.#mark();
    this.status.textContent = letter ? "Computing the saliency …" : "";
    this.switched(Boolean(letter));
    const { code } = this;
    const wanted = (letter ? this.slugs.get(letter) : []).map((slug) => [slug, `opinions/${code}/${letter}/${slug}`]);
    try {
      await this.viewer.overlay(Object.fromEntries(wanted));
      if (letter === this.letter) this.status.textContent = "";
    } catch (problem) {
      if (problem.name !== "AbortError" && letter === this.letter) this.status.textContent = `No saliency: ${problem.message}`;
    }
  }

  #mark() {
    this.opacity.hidden = !this.letter;
    [...this.buttons.children].forEach((button, n) => (button.ariaPressed = String(this.letters[n] === this.letter)));
  }
}
