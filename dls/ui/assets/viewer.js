// Six linked series in two rows of three.  Two points in the patient link them: each tile shows the slice through
// the anchor (the lesion, until one scrolls), with the focus at its centre.
import { add, bodyOnSlice, centreOf, onSlice, placedContours, placement } from "./geometry.js";
import { ImageStore, Refused, request } from "./images.js";
import { Tile } from "./tile.js";
import { draggedWindow, PRESETS, presetWindow } from "./window.js";

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
const RETRY_MS = 2000;
const FRAMES_KEPT = 600;

export class Viewer {
  constructor() {
    this.images = new ImageStore();
    this.tiles = [];
    this.active = null;
    this.view = { focus: [0, 0, 0], zoom: 1, field: [400, 300] };
    this.contours = [];
    this.options = { outline: true, opacity: 0.5, cursor: null, cursorTile: null };
    this.measuring = false;
    this.cursorOn = false;
    this.panKey = false;
    this.frames = [];
    this.onChange = () => {};
    this.editor = null; // what draws and shifts: {press(tile, [x, y]), wheel(tile, by)}
    this.listening = new AbortController();
    this.element = document.createElement("div");
    this.element.className = "viewer";
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.element.setAttribute("aria-label", "Six linked series; arrow keys scroll, question mark lists the keys");
    this.element.viewer = this;
    this.#listen();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.element);
  }

  /** Show a case: {series: [geometry with name, window, url], outline: [[[x, y, z] mm, …] per T2 slice]}. */
  async show(study) {
    this.loading?.abort();
    this.overlaying?.abort();
    this.loading = new AbortController();
    const { signal } = this.loading;
    this.study = study;
    this.started = performance.now();
    this.times = {};
    this.body = null;
    this.tiles = study.series.map((series) => new Tile(series, study.series[0].dz));
    this.setContours(study.outline.map((points) => ({ points })));
    this.element.replaceChildren(...this.tiles.map((tile) => tile.element));
    this.element.classList.remove("single");
    this.setActive(this.tiles[0]);
    this.reset();
    this.resize();
    await Promise.all(this.tiles.map((tile) => this.#load(tile, signal)));
  }

  async #load(tile, signal) {
    const { url } = tile.series;
    while (!signal.aborted) {
      try {
        if (!this.images.volumes.has(url) && tile.inside) {
          const k = tile.k;
          tile.slices.set(k, await this.images.slice(url, k, signal));
          this.#frameBody(tile);
          this.invalidate();
        }
        tile.voxels = await this.images.volume(url);
        if (signal.aborted) return;
        tile.message = "";
        tile.grey.filledWith = "";
        this.#frameBody(tile);
        this.invalidate();
        return;
      } catch (problem) {
        if (signal.aborted) return;
        const known = problem instanceof Refused;
        tile.message = known ? problem.message : "no connection, trying again";
        this.invalidate();
        if (known && problem.status < 500 && problem.status !== 401) return;
        await new Promise((done) => setTimeout(done, RETRY_MS));
      }
    }
  }

  /** Lay saliency over the tiles, given the address of a uint8 volume by slug; others' tiles have none. */
  async overlay(addresses) {
    this.overlaying?.abort();
    this.overlaying = new AbortController();
    const { signal } = this.overlaying;
    for (const tile of this.tiles) tile.saliency = null;
    this.invalidate();
    // One after the other: the first request computes all of them, and the rest of the page needs connections.
    for (const tile of this.tiles.filter(({ series }) => addresses[series.slug])) {
      const address = addresses[tile.series.slug];
      const response = await request(address, { signal });
      tile.saliency = { voxels: new Uint8Array(await response.arrayBuffer()), address };
      this.invalidate();
    }
  }

  /** Fill the tiles with the body, as the first picture of the leading series shows it. */
  #frameBody(tile) {
    if (this.body || tile !== this.tiles[0] || !tile.inside) return;
    const { series, k, voxels } = tile;
    const size = series.nx * series.ny;
    this.body = bodyOnSlice(series, voxels ? voxels.subarray(k * size, (k + 1) * size) : tile.slices.get(k), k);
    if (!this.moved) this.#wholeBody();
  }

  /** Contours on every series: {points: mm on the leading one, lesion, colour, faint}; only points are needed. */
  setContours(contours) {
    this.contours = placedContours(this.tiles[0].series, contours);
    for (const tile of this.tiles) tile.place(this.contours);
    this.invalidate();
  }

  /** Device pixels per millimetre on a tile. */
  scaleOf({ series, canvas }) {
    return placement(series, canvas.width, canvas.height, this.view).scale;
  }

  #wholeBody() {
    const across = Math.max(...this.tiles.map(({ series }) => series.nx * series.sp[0]));
    const down = Math.max(...this.tiles.map(({ series }) => series.ny * series.sp[1]));
    this.view.focus = this.body?.centre ?? centreOf(this.tiles[0].series);
    this.view.field = this.body?.field ?? [across, down];
    this.view.zoom = 1;
    this.moved = false;
  }

  // ---- view -------------------------------------------------------------------------------------------

  /** The whole body, each series' own window, at the middle slice of the lesion. */
  reset() {
    this.#wholeBody();
    for (const tile of this.tiles) {
      tile.window = [...tile.series.window];
      tile.inverted = false;
      tile.measurements = [];
    }
    const lesion = this.contours[this.contours.length >> 1];
    this.goTo(lesion?.centre ?? centreOf(this.tiles[0].series));
  }

  goTo(anchor) {
    this.anchor = anchor;
    for (const tile of this.tiles) tile.follow(anchor);
    this.invalidate();
  }

  /** Scroll the active series by whole slices; the others follow by position. */
  step(by) {
    const { series, k } = this.active;
    this.toSlice(clamp(k + by, 0, series.nz - 1));
  }

  toSlice(k) {
    const { series, shift } = this.active;
    this.goTo(add(onSlice(series, add(this.anchor, shift), k), shift, -1));
  }

  zoom(factor) {
    this.moved = true;
    this.view.zoom = clamp(this.view.zoom * factor, 0.5, 12);
    this.invalidate();
  }

  preset({ factor }) {
    for (const tile of this.tiles) tile.window = presetWindow(tile.series.window, factor);
    this.invalidate();
  }

  invert() {
    this.active.inverted = !this.active.inverted;
    this.invalidate();
  }

  toggleOutline() {
    this.options.outline = !this.options.outline;
    this.invalidate();
  }

  toggleMeasuring() {
    this.measuring = !this.measuring;
    this.invalidate();
  }

  toggleCursor() {
    this.cursorOn = !this.cursorOn;
    this.options.cursor = null;
    this.invalidate();
  }

  clearMeasurements() {
    for (const tile of this.tiles) tile.measurements = [];
    this.invalidate();
  }

  /** Show the active series alone, or all six again. */
  maximise() {
    this.element.classList.toggle("single");
    this.resize();
  }

  setActive(tile) {
    this.active?.element.classList.remove("active");
    this.active = tile;
    tile.element.classList.add("active");
  }

  activate(by) {
    const n = this.tiles.length;
    this.setActive(this.tiles[(this.tiles.indexOf(this.active) + by + n) % n]);
    this.resize();
  }

  /** What is on screen: the active series and its slice, every series' window, one series alone. */
  get shown() {
    const windows = this.tiles.map(({ window }) => window);
    const single = this.element.classList.contains("single");
    return { series: this.tiles.indexOf(this.active), k: this.active.k, windows, single };
  }

  setOpacity(opacity) {
    this.options.opacity = opacity;
    this.invalidate();
  }

  // ---- drawing ----------------------------------------------------------------------------------------

  resize() {
    this.options.ratio = window.devicePixelRatio || 1;
    for (const tile of this.tiles) tile.fit(this.options.ratio);
    this.invalidate();
  }

  invalidate() {
    this.onChange();
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.#draw();
    });
  }

  #draw() {
    if (!this.tiles.length) return;
    const start = performance.now();
    for (const tile of this.tiles) if (tile.element.clientWidth) tile.draw(this.view, this.options);
    const end = performance.now();
    this.frames.push([start, end - start]);
    if (this.frames.length > FRAMES_KEPT) this.frames.shift();
    const first = this.tiles.every((tile) => tile.painted || tile.slices.size || !tile.inside);
    if (first) this.times.firstSlices ??= end - this.started;
    if (this.tiles.every((tile) => tile.painted)) this.times.painted ??= end - this.started;
  }

  // ---- input ------------------------------------------------------------------------------------------

  /** Handle a key; false when it means nothing here. */
  key(event) {
    const scroll = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5 }[event.key];
    const preset = PRESETS.find(({ key }) => key === event.key);
    const actions = {
      Home: () => this.toSlice(0),
      End: () => this.toSlice(this.active.series.nz - 1),
      ArrowRight: () => this.activate(1),
      ArrowLeft: () => this.activate(-1),
      m: () => this.maximise(),
      i: () => this.invert(),
      r: () => this.reset(),
      o: () => this.toggleOutline(),
      d: () => this.toggleMeasuring(),
      x: () => this.toggleCursor(),
      z: () => this.zoom(1.25),
      Z: () => this.zoom(0.8),
      Delete: () => this.clearMeasurements(),
      " ": () => (this.panKey = true),
    };
    if (!this.tiles.length) return false;
    if (scroll) this.step(scroll);
    else if (preset) this.preset(preset);
    else if (actions[event.key]) actions[event.key]();
    else return false;
    return true;
  }

  #listen() {
    const options = { signal: this.listening.signal };
    const on = (type, act, more = {}) => this.element.addEventListener(type, act, { ...options, ...more });
    on("wheel", (event) => this.#onWheel(event), { passive: false });
    on("pointerdown", (event) => this.#onPress(event));
    on("pointermove", (event) => this.#onHover(event));
    on("pointerleave", () => this.#moveCursor(null, null));
    on("dblclick", () => this.maximise());
    on("contextmenu", (event) => event.preventDefault());
    window.addEventListener("keyup", (event) => event.key === " " && (this.panKey = false), options);
  }

  #onWheel(event) {
    event.preventDefault();
    const tile = this.#tileOf(event);
    if (tile) this.setActive(tile);
    if (event.ctrlKey) this.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
    else if (event.deltaY && this.editor?.wheel(tile, Math.sign(event.deltaY))) return;
    else if (event.deltaY) this.step(Math.sign(event.deltaY));
  }

  #onHover(event) {
    const tile = this.#tileOf(event);
    if (tile && !event.buttons && tile !== this.active) this.setActive(tile);
    if (tile && this.cursorOn) this.#moveCursor(add(tile.pointAt(...this.#at(tile, event), this.view), tile.shift, -1), tile);
  }

  #moveCursor(point, tile) {
    if (!this.cursorOn) return;
    this.options.cursor = point;
    this.options.cursorTile = tile;
    this.invalidate();
  }

  #onPress(event) {
    const tile = this.#tileOf(event);
    if (!tile) return;
    event.preventDefault();
    this.element.focus({ preventScroll: true });
    this.setActive(tile);
    const edit = event.button === 0 && !this.panKey ? this.editor?.press(tile, this.#at(tile, event)) : null;
    const move = edit ? (x, y) => edit.move([x, y]) : this.#dragOf(event, tile);
    const dragging = new AbortController();
    const { signal } = dragging;
    tile.canvas.setPointerCapture(event.pointerId);
    tile.canvas.addEventListener("pointermove", (moved) => move(...this.#at(tile, moved)), { signal });
    for (const [type, finish] of [["pointerup", edit?.end], ["pointercancel", edit?.cancel]])
      tile.canvas.addEventListener(type, () => {
        dragging.abort();
        finish?.();
      }, { signal });
  }

  /** What dragging does: pan (middle button, or Space held), zoom (right), measure, or window and level. */
  #dragOf(event, tile) {
    const [x0, y0] = this.#at(tile, event);
    const { canvas, series } = tile;
    const focus = this.view.focus;
    const zoom = this.view.zoom;
    const from = [...tile.window];
    this.moved ||= event.button !== 0 || this.panKey;
    const change = (act) => (x, y) => {
      act(x - x0, y - y0, x, y);
      this.invalidate();
    };
    if (event.button === 1 || this.panKey) {
      const scale = this.scaleOf(tile);
      return change((dx, dy) => {
        this.view.focus = add(add(focus, series.row, -dx / scale), series.col, -dy / scale);
      });
    }
    if (event.button === 2)
      return change((dx, dy) => {
        this.view.zoom = clamp(zoom * Math.exp((-dy / canvas.height) * 3), 0.5, 12);
      });
    if (this.measuring) {
      const start = tile.pointAt(x0, y0, this.view);
      const line = { k: tile.k, from: start, to: start };
      tile.measurements.push(line);
      return change((dx, dy, x, y) => {
        line.to = tile.pointAt(x, y, this.view);
      });
    }
    return change((dx, dy) => {
      tile.window = draggedWindow(from, dx / canvas.width, dy / canvas.height);
    });
  }

  #tileOf(event) {
    return this.tiles.find((tile) => tile.canvas === event.target);
  }

  #at(tile, event) {
    const box = tile.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * this.options.ratio, (event.clientY - box.top) * this.options.ratio];
  }

  destroy() {
    this.listening.abort();
    this.loading?.abort();
    this.overlaying?.abort();
    this.observer.disconnect();
    this.element.remove();
  }
}
