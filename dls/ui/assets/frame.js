// The full-screen frame of the reading room and the consensus room: tools above, images, a panel below.
import { element } from "./elements.js";
import { Viewer } from "./viewer.js";
import { PRESETS } from "./window.js";

const EDITABLE = "input:not([type=range]), textarea, select";
const SLIDER_KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];

export class Frame {
  /**
   * @param host where the component lives
   * @param keys function(event) -> true when it handled a key; asked before the viewer
   */
  constructor(host, keys) {
    this.keys = keys;
    this.viewer = new Viewer();
    this.listening = new AbortController();
    this.title = element("span", { class: "title" });
    this.notice = element("span", { class: "badge", hidden: true });
    this.right = element("span", { class: "right" });
    this.panel = element("div", { class: "panel" });
    this.root = element(
      "div",
      { class: "frame" },
      element("div", { class: "bar" }, this.title, this.notice, imageTools(this.viewer), this.right),
      this.viewer.element,
      this.panel,
    );
    host.append(this.root);
    const { signal } = this.listening;
    window.addEventListener("keydown", (event) => this.#onKey(event), { capture: true, signal });
    this.viewer.element.focus({ preventScroll: true });
  }

  #onKey(event) {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key.toLowerCase() === "z" && !target.matches?.(EDITABLE) && this.keys(event)) take(event);
      return;
    }
    if (event.key === "Tab") return;
    if (target.matches?.(EDITABLE)) {
      if (event.key === "Enter" || event.key === "Escape") {
        this.viewer.element.focus({ preventScroll: true });
        event.preventDefault();
      }
      event.stopPropagation();
      return;
    }
    const onButton = target.matches?.("button, a") && target.matches(":focus-visible");
    if (onButton && (event.key === "Enter" || event.key === " ")) return;
    if (target.matches?.("input[type=range]") && SLIDER_KEYS.includes(event.key)) {
      event.stopPropagation();
      return;
    }
    if (this.keys(event) || this.viewer.key(event)) take(event);
    else event.stopPropagation();
  }

  /** Hide the images (pause) or show them again. */
  cover(text) {
    this.viewer.element.dataset.cover = text ?? "";
    this.viewer.element.classList.toggle("covered", Boolean(text));
  }

  destroy() {
    this.listening.abort();
    this.viewer.destroy();
    this.root.remove();
  }
}

/** The tools of a viewer; from now on its `onChange` marks those that are on. */
export function imageTools(viewer) {
  const outline = tool("Outline", "o", () => viewer.toggleOutline());
  const measure = tool("Measure", "d", () => viewer.toggleMeasuring());
  const cursor = tool("Cursor", "x", () => viewer.toggleCursor());
  viewer.onChange = () => {
    outline.ariaPressed = String(viewer.options.outline);
    measure.ariaPressed = String(viewer.measuring);
    cursor.ariaPressed = String(viewer.cursorOn);
  };
  return element(
    "span",
    { class: "tools", role: "toolbar", "aria-label": "Image tools" },
    ...PRESETS.map((preset) => tool(preset.name, preset.key, () => viewer.preset(preset))),
    tool("Invert", "i", () => viewer.invert()),
    outline,
    measure,
    cursor,
    tool("Maximise", "m", () => viewer.maximise()),
    tool("Reset", "r", () => viewer.reset()),
  );
}

/** A button that shows its key and never takes the focus from the images when clicked. */
export function tool(label, key, act, attributes = {}) {
  const cap = key ? [element("kbd", {}, key)] : [];
  const button = element("button", { type: "button", ...attributes }, label, ...cap);
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", act);
  return button;
}

function take(event) {
  event.preventDefault();
  event.stopPropagation();
}
