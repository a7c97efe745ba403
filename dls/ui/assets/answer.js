// A reader's answer to one case: class (or classes ranked), confidence that it is malignant, comment; with undo.

const EMPTY = { lesion_class: null, malignancy: null, comment: "" };
export const MALIGNANT_FROM = 4;

export class Answer {
  /** @param ranked whether the protocol asks for a ranking of the classes, the likeliest first */
  constructor(draft = null, ranked = false) {
    this.ranked = ranked;
    this.values = { ...EMPTY, ...(ranked && { ranking: null }) };
    for (const name of Object.keys(this.values)) if (draft && draft[name] != null) this.values[name] = draft[name];
    this.past = [];
  }

  /** Change one field; typing on in one comment is one step of undo. */
  set(name, value) {
    if (this.values[name] !== value) this.#change(name, { [name]: value });
  }

  /** Choose a class; when ranking, put it last, or take it and what follows it out of the ranking again. */
  choose(lesionClass) {
    if (!this.ranked) return this.set("lesion_class", lesionClass);
    const ranking = this.values.ranking ?? [];
    const place = ranking.indexOf(lesionClass);
    const made = place < 0 ? [...ranking, lesionClass] : ranking.slice(0, place);
    return this.#change("ranking", { ranking: made.length ? made : null, lesion_class: made[0] ?? null });
  }

  #change(name, fields) {
    const typing = name === "comment" && this.past.at(-1)?.name === "comment";
    if (!typing) this.past.push({ name, values: this.values });
    this.values = { ...this.values, ...fields };
  }

  /** Raise or lower the confidence; the first press starts at the middle of the scale. */
  step(by) {
    const from = this.values.malignancy;
    this.set("malignancy", from === null ? 50 : Math.max(0, Math.min(100, from + by)));
  }

  /** Take back the last change; false when there is none. */
  undo() {
    const last = this.past.pop();
    if (last) this.values = last.values;
    return Boolean(last);
  }

  /** Nothing has been entered. */
  get empty() {
    return Object.keys(EMPTY).every((name) => this.values[name] === EMPTY[name]);
  }

  /** What is still needed before it can be signed, in words; empty when complete. */
  missing() {
    const needed = [];
    if (this.values.lesion_class === null) needed.push(this.ranked ? "classes in order (1–7)" : "class (1–7)");
    if (this.values.malignancy === null) needed.push("confidence (0–100)");
    return needed;
  }

  /** Class and confidence point to opposite sides: worth a hint, never a refusal. */
  get contradictory() {
    const { lesion_class: chosen, malignancy } = this.values;
    if (chosen === null || malignancy === null || malignancy === 50) return false;
    return chosen >= MALIGNANT_FROM !== malignancy > 50;
  }
}

/** Confidence of a key of the digit row, which reads ` 1 2 … 9 0 as 0, 10, 20 … 90, 100; null for others. */
export function confidenceOfKey(code) {
  if (code === "Backquote") return 0;
  const digit = /^Digit(\d)$/.exec(code);
  return digit ? (Number(digit[1]) || 10) * 10 : null;
}
