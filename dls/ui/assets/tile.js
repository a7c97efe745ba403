// One series on one canvas: grey values, saliency, outline, measurements and labels.
import { add, contoursOnSlice, distance, edgeLabels, nearestSlice, placement, toPatient, toVoxel } from "./geometry.js";
import { fillGreyTable, saliencyTable } from "./window.js";

const OUTLINE = "#F0E442";
const MEASURE = "#56B4E9";
const SALIENCY = saliencyTable();

class Layer {
  // An offscreen picture of one slice, filled through a table of colours.
  constructor(g) {
    this.canvas = new OffscreenCanvas(g.nx, g.ny);
    this.context = this.canvas.getContext("2d");
    this.picture = this.context.createImageData(g.nx, g.ny);
    this.pixels = new Uint32Array(this.picture.data.buffer);
    this.filledWith = "";
  }

  fill(voxels, offset, table, mask, key) {
    if (key === this.filledWith) return;
    const { pixels } = this;
    for (let n = 0; n < pixels.length; n++) pixels[n] = table[voxels[offset + n] & mask];
    this.context.putImageData(this.picture, 0, 0);
    this.filledWith = key;
  }
}

export class Tile {
  constructor(series, sourceDz) {
    this.series = series;
    this.sourceDz = sourceDz;
    this.k = 0;
    this.shift = series.shift ?? [0, 0, 0]; // mm that this series lies beside the leading one
    this.contours = [];
    this.window = [...series.window];
    this.inverted = false;
    this.voxels = null;
    this.slices = new Map();
    this.saliency = null;
    this.measurements = [];
    this.message = "";
    this.grey = new Layer(series);
    this.heat = null;
    this.table = new Uint32Array(65536);
    this.tableOf = "";
    this.labels = edgeLabels(series);
    this.element = document.createElement("div");
    this.element.className = "tile";
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${series.name} series`);
    this.element.append(this.canvas);
    this.context = this.canvas.getContext("2d", { alpha: false });
  }

  get inside() {
    return this.k >= 0 && this.k < this.series.nz;
  }

  get painted() {
    return Boolean(this.voxels);
  }

  follow(anchor) {
    this.k = nearestSlice(this.series, add(anchor, this.shift));
  }

  /** Take over contours drawn on the leading series, each where this series shows it. */
  place(contours) {
    const moved = (point) => add(point, this.shift);
    this.contours = contours.map((one) => ({ ...one, points: one.points.map(moved), centre: moved(one.centre) }));
  }

  fit(ratio) {
    const width = Math.round(this.element.clientWidth * ratio);
    const height = Math.round(this.element.clientHeight * ratio);
    if (!width || (this.canvas.width === width && this.canvas.height === height)) return;
    this.canvas.width = width;
    this.canvas.height = height;
  }

  /** Patient point under a position on the canvas in device pixels. */
  pointAt(x, y, view) {
    const [i, j] = placement(this.series, this.canvas.width, this.canvas.height, view).toSlice(x, y);
    return toPatient(this.series, i, j, this.k);
  }

  draw(view, options) {
    const { context, canvas, series } = this;
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    const voxels = this.voxels ?? this.slices.get(this.k);
    if (this.inside && voxels) {
      const place = placement(series, canvas.width, canvas.height, view);
      this.#drawSlice(voxels, place, options);
      if (options.outline) this.#drawOutline(place, options);
      this.#drawMeasurements(place, options);
      if (options.cursor) this.#drawCursor(place, options);
    }
    this.#drawLabels(view, options);
  }

  #drawSlice(voxels, place, { opacity }) {
    const { context, series } = this;
    const size = series.nx * series.ny;
    const tableOf = `${this.window}/${this.inverted}`;
    if (tableOf !== this.tableOf) {
      fillGreyTable(this.table, this.window[0], this.window[1], this.inverted);
      this.tableOf = tableOf;
    }
    const whole = voxels === this.voxels;
    this.grey.fill(voxels, whole ? this.k * size : 0, this.table, 0xffff, `${this.k}/${tableOf}`);
    const [left, top] = place.toCanvas(-0.5, -0.5);
    const [right, bottom] = place.toCanvas(series.nx - 0.5, series.ny - 0.5);
    context.imageSmoothingQuality = "high";
    context.drawImage(this.grey.canvas, left, top, right - left, bottom - top);
    if (!this.saliency || opacity <= 0) return;
    this.heat ??= new Layer(series);
    this.heat.fill(this.saliency.voxels, this.k * size, SALIENCY, 0xff, `${this.k}/${this.saliency.address}`);
    context.globalAlpha = opacity;
    context.drawImage(this.heat.canvas, left, top, right - left, bottom - top);
    context.globalAlpha = 1;
  }

  #drawOutline(place, { ratio }) {
    for (const lesion of new Set(this.contours.map((one) => one.lesion))) {
      const own = this.contours.filter((one) => one.lesion === lesion);
      for (const { points, colour, faint } of contoursOnSlice(this.series, this.k, own, this.sourceDz)) {
        const path = new Path2D();
        for (const point of points) {
          const [i, j] = toVoxel(this.series, point);
          path.lineTo(...place.toCanvas(i, j));
        }
        path.closePath();
        this.#stroke(path, colour ?? OUTLINE, ratio, faint ? [5 * ratio, 4 * ratio] : []);
      }
    }
  }

  #drawMeasurements(place, { ratio }) {
    for (const { k, from, to } of this.measurements) {
      if (k !== this.k) continue;
      const ends = [from, to].map((point) => place.toCanvas(...toVoxel(this.series, point)));
      const path = new Path2D();
      path.moveTo(...ends[0]);
      path.lineTo(...ends[1]);
      this.#stroke(path, MEASURE, ratio);
      this.#text(`${distance(from, to).toFixed(1)} mm`, ends[1][0] + 6 * ratio, ends[1][1], "left", MEASURE, ratio);
    }
  }

  #drawCursor(place, { cursor, cursorTile, ratio }) {
    if (cursorTile === this) return;
    const [x, y] = place.toCanvas(...toVoxel(this.series, add(cursor, this.shift)));
    const path = new Path2D();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      path.moveTo(x + 4 * dx * ratio, y + 4 * dy * ratio);
      path.lineTo(x + 12 * dx * ratio, y + 12 * dy * ratio);
    }
    this.#stroke(path, MEASURE, ratio);
  }

  #drawLabels(view, { ratio }) {
    const { canvas, series, labels } = this;
    const edge = 7 * ratio;
    const line = this.#letters(ratio) + 4 * ratio;
    const middle = canvas.height / 2;
    this.#text(series.name, edge, line, "left", "#fff", ratio, 600);
    this.#text(labels.left, edge, middle, "left", "#fff", ratio);
    this.#text(labels.right, canvas.width - edge, middle, "right", "#fff", ratio);
    this.#text(labels.top, canvas.width / 2, line, "center", "#fff", ratio);
    this.#text(labels.bottom, canvas.width / 2, canvas.height - edge, "center", "#fff", ratio);
    const [centre, width] = this.window;
    this.#text(`C ${Math.round(centre)}  W ${Math.round(width)}`, edge, canvas.height - edge, "left", "#c9d1d9", ratio);
    const level = this.inside ? `${this.k + 1} / ${series.nz}` : "no slice at this level";
    this.#text(level, canvas.width - edge, line, "right", "#c9d1d9", ratio);
    const note = this.message || (this.inside && !this.voxels && !this.slices.has(this.k) ? "loading …" : "");
    if (note) this.#text(note, canvas.width / 2, middle, "center", "#E69F00", ratio);
    this.#drawScale(view, ratio);
  }

  #drawScale(view, ratio) {
    // A 5 cm bar, bottom right.
    const { canvas, context, series } = this;
    const length = 50 * placement(series, canvas.width, canvas.height, view).scale;
    if (length > canvas.width / 2) return;
    const right = canvas.width - 8 * ratio;
    const low = canvas.height - 8 * ratio;
    const path = new Path2D();
    path.moveTo(right, low - 5 * ratio);
    path.lineTo(right, low);
    path.lineTo(right - length, low);
    path.lineTo(right - length, low - 5 * ratio);
    context.lineWidth = 1.2 * ratio;
    context.strokeStyle = "#c9d1d9";
    context.stroke(path);
    this.#text("5 cm", right - length - 4 * ratio, low, "right", "#c9d1d9", ratio);
  }

  #stroke(path, colour, ratio, dashes = []) {
    const { context } = this;
    const width = this.#letters(ratio) / 12;
    context.setLineDash(dashes);
    context.lineWidth = 3 * width;
    context.strokeStyle = "rgba(0, 0, 0, .6)";
    context.stroke(path);
    context.lineWidth = 1.4 * width;
    context.strokeStyle = colour;
    context.stroke(path);
    context.setLineDash([]);
  }

  /** Height of letters in device pixels: 12 CSS pixels in a small tile, up to 20 in a large one. */
  #letters(ratio) {
    return Math.min(20, Math.max(12, 8 + this.canvas.width / ratio / 107)) * ratio;
  }

  #text(text, x, y, align, colour, ratio, weight = 400) {
    const { context } = this;
    context.font = `${weight} ${this.#letters(ratio)}px "Source Sans", system-ui, sans-serif`;
    context.textAlign = align;
    context.lineWidth = 3 * ratio;
    context.lineJoin = "round";
    context.strokeStyle = "rgba(0, 0, 0, .75)";
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }
}
