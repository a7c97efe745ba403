// The viewer on an investigator's page: images of any case, with a model's saliency laid over them.
import { element } from "./elements.js";
import { imageTools } from "./frame.js";
import { request } from "./images.js";
import { Viewer } from "./viewer.js";

class CaseViewer {
  constructor(host) {
    this.viewer = new Viewer();
    this.notice = element("span", { class: "badge", hidden: true });
    this.status = element("span", { class: "note", role: "status", "aria-live": "polite" });
    this.opacity = element("input", { type: "range", min: 0, max: 100, value: 55, "aria-label": "Opacity of the saliency" });
    this.opacity.addEventListener("input", () => this.viewer.setOpacity(this.opacity.value / 100));
    this.saliency = element("label", { class: "opacity", hidden: true }, "Saliency ", this.opacity);
    this.root = element(
      "div",
      { class: "frame embedded" },
      element("div", { class: "bar" }, this.notice, imageTools(this.viewer), this.saliency, this.status),
      this.viewer.element,
    );
    this.viewer.setOpacity(0.55);
    this.root.addEventListener("keydown", (event) => this.#onKey(event));
    host.append(this.root);
  }

  #onKey(event) {
    if (event.key === "Tab" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    if (event.target === this.opacity) return;
    if (event.target.matches("button") && (event.key === "Enter" || event.key === " ")) return;
    if (this.viewer.key(event)) event.preventDefault();
  }

  async update({ data }) {
    this.root.style.height = `${data.height}px`;
    const asked = JSON.stringify([data.case, data.saliency]);
    if (asked === this.asked) return;
    this.asked = asked;
    if (data.case !== this.shown) this.showing = this.#show(data.case);
    if ((await this.showing) && asked === this.asked) await this.#overlay(data.saliency);
  }

  #show(path) {
    this.shown = path;
    return this.#say("Fetching the images …", async () => {
      const response = await request(path);
      const study = await response.json();
      this.notice.hidden = !study.notice;
      this.notice.textContent = study.notice ?? "";
      this.viewer.images.keep(study.series);
      await this.viewer.show(study);
    });
  }

  /** Lay saliency over the series, given its address by series; an empty object takes it away. */
  #overlay(addresses) {
    const wanted = Object.keys(addresses).length > 0;
    this.saliency.hidden = !wanted;
    return this.#say(wanted ? "Computing the saliency …" : "", () => this.viewer.overlay(addresses));
  }

  /** Do something while the bar says what; true when it worked, otherwise the bar says why not. */
  async #say(text, act) {
    this.status.textContent = text;
    try {
      await act();
      this.status.textContent = "";
      return true;
    } catch (problem) {
      if (problem.name === "AbortError") return false;
      this.status.textContent = problem.message;
      return false;
    }
  }
}

export default function mount(component) {
  const host = component.parentElement;
  host.caseViewer ??= new CaseViewer(host);
  host.caseViewer.update(component);
  return () => {
    host.caseViewer?.viewer.destroy();
    host.caseViewer?.root.remove();
    delete host.caseViewer;
  };
}
