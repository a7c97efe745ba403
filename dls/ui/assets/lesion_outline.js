// The check of a case's outline: six series, drawing tools, the lesions, each series' shift and mismatch.
import { element } from "./elements.js";
import { Frame, tool } from "./frame.js";
import { request } from "./images.js";
import { RoiEditor, TOOLS } from "./roi_editor.js";
import { lesionRow, mismatchText, shiftText } from "./roi_panel.js";
import { toRecord } from "./roi_state.js";
import { clockTime, patiently, reason as whyNot, send } from "./saving.js";

const UNSAVED = "There are changes that are not saved. Leave again to lose them.";

class LesionOutline {
  constructor(host) {
    this.frame = new Frame(host, (event) => this.key(event));
    this.frame.root.classList.add("outline");
    this.editor = new RoiEditor(this.frame.viewer, () => this.show());
    this.#build();
    this.guard = (event) => this.dirty && event.preventDefault();
    window.addEventListener("beforeunload", this.guard);
  }

  update(component) {
    this.component = component;
    if (component.data.path === this.path) return;
    this.path = component.data.path;
    this.open();
  }

  get dirty() {
    return Boolean(this.saved) && JSON.stringify(toRecord(this.editor.regions)) !== this.saved;
  }

  #build() {
    const { frame, editor } = this;
    this.tools = TOOLS.map(({ name, key }) => tool(name, key, () => editor.use(name)));
    this.undo = tool("Undo", "Ctrl Z", () => editor.undo());
    this.redo = tool("Redo", "Ctrl ⇧ Z", () => editor.redo());
    frame.right.append(tool("Leave", null, () => this.leave()));
    this.lesions = element("ul", { class: "lesions", "aria-label": "Lesions" });
    this.series = element("table", { class: "shifts" });
    this.hint = element("p", { class: "note hint-of-tool" });
    this.reason = element("input", { type: "text", class: "comment", maxlength: 500, placeholder: "Reason of the change", "aria-label": "Reason of the change" });
    this.saveButton = tool("Save", null, () => this.save(), { class: "sign" });
    this.status = element("p", { class: "status", role: "status", "aria-live": "polite" });
    this.versions = element("p", { class: "note" });
    const copies = [tool("Copy up", ",", () => editor.copy(1)), tool("Copy down", ".", () => editor.copy(-1)), tool("Erase slice", "Del", () => editor.erase())];
    frame.panel.append(
      element("section", {}, element("h2", {}, "Draw"), element("div", { class: "roi-tools", role: "toolbar", "aria-label": "Drawing tools" }, ...this.tools), this.hint, element("div", { class: "roi-tools" }, this.undo, this.redo), element("div", { class: "roi-tools" }, ...copies)),
      element("section", {}, element("h2", {}, "Lesions ", tool("New", "n", () => editor.addLesion())), this.lesions),
      element("section", {}, element("h2", {}, "Sequences against T2", element("span", { class: "note" }, "mismatch, better by")), this.series),
      element("section", { class: "keep" }, this.reason, this.saveButton, this.status, this.versions),
    );
  }

  async open() {
    this.saved = null;
    this.frame.cover("Fetching the images …");
    const response = await patiently(() => request(this.path), (kind, text) => this.report(kind, text));
    if (!response) return;
    this.study = await response.json();
    this.frame.cover(null);
    this.report("saved", "");
    this.frame.title.textContent = `Outline of ${this.study.code}`;
    this.frame.notice.hidden = !this.study.notice;
    this.frame.notice.textContent = this.study.notice ?? "";
    const loading = this.frame.viewer.show(this.study);
    this.editor.load(this.study.regions);
    this.editor.refresh();
    this.frame.viewer.reset();
    this.#remember(this.study);
    await loading;
    await this.measure();
  }

  #remember({ revision, case_lesion: caseLesion, needs_reason: needsReason, drawn_at: at, drawn_by: by }) {
    this.revision = revision;
    this.caseLesion = caseLesion;
    this.saved = JSON.stringify(toRecord(this.editor.regions));
    this.reason.hidden = !needsReason;
    this.reason.value = "";
    this.versions.textContent = revision ? `Version ${revision}, ${by ?? "a program"}, ${at.slice(0, 10)} ${clockTime(at)}` : "As it came with the images";
    this.show();
  }

  /** Ask the server how well each series lies on T2, with the outline as it is saved. */
  async measure() {
    const asked = `${this.path}/${this.revision}`;
    try {
      const answer = await (await request(`${this.path}/mismatch`)).json();
      if (asked === `${this.path}/${this.revision}`) this.mismatch = answer;
    } catch (problem) {
      this.mismatch = {};
      this.report("waiting", whyNot(problem));
    }
    this.show();
  }

  async save() {
    if (this.saving || !this.dirty) return;
    this.saving = true;
    this.show();
    const record = toRecord(this.editor.regions);
    try {
      const answer = await send("POST", this.path, { after: this.revision, regions: record, reason: this.reason.value });
      const history = this.editor.history;
      this.#remember(answer);
      this.saved = JSON.stringify(record);
      this.editor.history = history;
      this.report("saved", `Saved ${clockTime(answer.drawn_at)}`);
      this.saving = false;
      await this.measure();
    } catch (problem) {
      this.report("waiting", whyNot(problem));
    } finally {
      this.saving = false;
      this.show();
    }
  }

  leave() {
    if (this.dirty && !this.warned) {
      this.warned = true;
      this.report("waiting", UNSAVED);
      return;
    }
    this.saved = null;
    this.component.setTriggerValue("leave", true);
  }

  report(kind, text) {
    this.status.dataset.kind = kind;
    this.status.textContent = text;
  }

  /** Bring panel and buttons up to date. */
  show() {
    if (!this.study) return;
    const { editor, frame } = this;
    for (const [n, { name, hint }] of TOOLS.entries()) {
      this.tools[n].ariaPressed = String(editor.tool === name);
      if (editor.tool === name) this.hint.textContent = hint;
    }
    this.undo.disabled = !editor.history.past.length;
    this.redo.disabled = !editor.history.future.length;
    const dirty = this.dirty;
    if (!dirty) this.warned = false;
    this.saveButton.disabled = !dirty || Boolean(this.saving);
    this.saveButton.classList.toggle("ready", dirty);
    frame.root.dataset.saved = String(!dirty);
    const rows = editor.regions.lesions.map((lesion) => lesionRow(editor, lesion, this.caseLesion));
    if (!this.lesions.contains(frame.root.getRootNode().activeElement)) this.lesions.replaceChildren(...rows);
    this.series.replaceChildren(...this.study.series.slice(1).map((series) => this.#seriesRow(series)));
  }

  #seriesRow({ slug, name }) {
    const { editor } = this;
    const shift = editor.regions.shifts[slug];
    const found = this.mismatch?.[slug];
    const try_ = tool("Try", null, () => editor.shift(slug, found.better.map((mm, n) => mm + (shift?.[n] ?? 0))), { title: "Shift to the most similar place; look whether it is right" });
    try_.disabled = !found?.better.some((mm) => mm) || this.dirty;
    const clear = tool("Clear", null, () => editor.shift(slug, null));
    clear.disabled = !shift;
    return element(
      "tr",
      { "data-series": slug, class: found?.flagged ? "flagged" : null },
      element("th", { scope: "row" }, name, element("span", { class: "note" }, shiftText(shift))),
      element("td", {}, mismatchText(found)),
      element("td", {}, element("div", { class: "roi-tools" }, try_, clear)),
    );
  }

  key(event) {
    const { editor } = this;
    const letter = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (letter !== "z") return false;
      if (event.shiftKey) editor.redo();
      else editor.undo();
      return true;
    }
    const named = TOOLS.find(({ key }) => key === event.key);
    const actions = { n: () => editor.addLesion(), ",": () => editor.copy(1), ".": () => editor.copy(-1), Delete: () => editor.erase(), Escape: () => editor.use("Look") };
    if (named) editor.use(named.name);
    else if (actions[event.key]) actions[event.key]();
    else return false;
    return true;
  }

  destroy() {
    window.removeEventListener("beforeunload", this.guard);
    this.frame.destroy();
  }
}

export default function mount(component) {
  const host = component.parentElement;
  host.lesionOutline ??= new LesionOutline(host);
  host.lesionOutline.update(component);
  return () => {
    host.lesionOutline?.destroy();
    delete host.lesionOutline;
  };
}
