// Shows the lesion of the case behind a figure's point while the pointer rests on it.
//
// Streamlit's chart is looked up by the class of its key.  Pictures come from the authorised route
// `thumbnails/<case>/<sequence>`; nothing is asked for until the pointer has rested, so that a sweep over the map
// costs nothing.
const REST_MS = 120;
const LOOK_MS = 400;
const BESIDE_PX = 16;
export const SEQUENCES = ["t2", "arterial"];

/** Number of the case in a point's custom data ("case=12"), or null. */
export function caseOf(customdata) {
  const mark = Array.isArray(customdata) ? customdata[0] : customdata;
  const number = new URLSearchParams(typeof mark === "string" ? mark : "").get("case");
  return number !== null && /^\d+$/.test(number) ? Number(number) : null;
}

/** Top left corner of a box beside the pointer, kept inside the window. */
export function beside([x, y], [width, height], [windowWidth, windowHeight]) {
  const left = x + BESIDE_PX + width > windowWidth ? x - BESIDE_PX - width : x + BESIDE_PX;
  return [Math.max(0, left), Math.max(0, Math.min(y + BESIDE_PX, windowHeight - height))];
}

class Pictures {
  constructor() {
    this.box = document.createElement("div");
    this.box.className = "dls-point-pictures";
    this.box.style.cssText =
      "position:fixed; display:none; z-index:1000; pointer-events:none; gap:4px; padding:4px; background:#111; border-radius:4px";
    document.body.append(this.box);
    this.timer = setInterval(() => this.#attach(), LOOK_MS);
  }

  update({ data }) {
    this.chart = data.chart;
    this.#attach();
  }

  stop() {
    clearInterval(this.timer);
    clearTimeout(this.resting);
    this.box.remove();
  }

  #attach() {
    const plot = document.querySelector(`.${this.chart} .js-plotly-plot`);
    if (!plot?.on || plot === this.plot) return;
    this.plot = plot;
    plot.on("plotly_hover", ({ points, event }) => this.#rest(caseOf(points[0].customdata), event));
    plot.on("plotly_unhover", () => this.#hide());
  }

  #rest(number, event) {
    this.#hide();
    if (number !== null) this.resting = setTimeout(() => this.#show(number, event), REST_MS);
  }

  #hide() {
    clearTimeout(this.resting);
    this.box.style.display = "none";
  }

  #show(number, { clientX, clientY }) {
    const pictures = SEQUENCES.map((slug) => {
      const picture = new Image(128, 128);
      picture.alt = "";
      picture.src = new URL(`thumbnails/${number}/${slug}`, document.baseURI);
      return picture;
    });
    this.box.replaceChildren(...pictures);
    this.box.style.display = "flex";
    const size = [this.box.offsetWidth, this.box.offsetHeight];
    const [left, top] = beside([clientX, clientY], size, [window.innerWidth, window.innerHeight]);
    this.box.style.left = `${left}px`;
    this.box.style.top = `${top}px`;
  }
}

export default function mount(component) {
  const host = component.parentElement;
  host.pictures ??= new Pictures();
  host.pictures.update(component);
  return () => {
    host.pictures?.stop();
    delete host.pictures;
  };
}
