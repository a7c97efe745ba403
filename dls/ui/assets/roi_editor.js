// Drawing on T2 and shifting the other series, on top of the viewer.
import { add, centroid, nearestSlice, onSlice, toPatient, toVoxel } from "./geometry.js";
import * as shapes from "./roi_shapes.js";
import { History, newId, withLesion, withNewLesion, withoutLesion, withShift } from "./roi_state.js";

export const TOOLS = [
  { name: "Look", key: "v", hint: "Drag sets the window; Space and drag moves the image" },
  { name: "Ellipse", key: "e", hint: "Drag on T2 from corner to corner" },
  { name: "Rectangle", key: "b", hint: "Drag on T2 from corner to corner" },
  { name: "Freehand", key: "f", hint: "Draw around the lesion on T2" },
  { name: "Edit", key: "g", hint: "Drag the border to pull it, the inside to move it; Delete removes it" },
  { name: "Shift", key: "s", hint: "Drag on any series but T2 to lay the outline on its lesion; the wheel shifts across slices" },
];
const COLOURS = ["#F0E442", "#56B4E9", "#E69F00", "#CC79A7", "#009E73", "#D55E00"];
const SMALLEST_MM2 = 4;
const TOLERANCE_MM = 0.3;
const GRIP_PX = 9;
const REACH_MM = 7;

export class RoiEditor {
  /** @param viewer a Viewer; @param onChange called after every change of regions, tool or lesion */
  constructor(viewer, onChange) {
    this.viewer = viewer;
    this.onChange = onChange;
    this.tool = "Look";
    viewer.editor = this;
    this.load({ lesions: [], target: null, shifts: {} });
  }

  /** Start from regions as the server keeps them. */
  load(regions) {
    this.history = new History(regions);
    this.lesion = regions.target ?? regions.lesions[0]?.id ?? null;
    this.draft = null;
    this.moving = null;
  }

  get regions() {
    return this.moving ?? this.history.present;
  }

  get t2() {
    return this.viewer.tiles[0];
  }

  colour(id) {
    return COLOURS[this.regions.lesions.findIndex((lesion) => lesion.id === id) % COLOURS.length];
  }

  /** Lay the present regions over the tiles. */
  refresh() {
    const { viewer, regions } = this;
    if (!viewer.tiles.length) return;
    const contours = regions.lesions.flatMap(({ id, contours: drawn }) =>
      drawn.map((points) => ({ points, lesion: id, colour: this.colour(id), faint: id !== this.lesion })),
    );
    if (this.draft) contours.push({ points: this.draft, lesion: "draft", colour: "#fff" });
    for (const tile of viewer.tiles) tile.shift = regions.shifts[tile.series.slug] ?? [0, 0, 0];
    viewer.setContours(contours);
    this.onChange();
  }

  // ---- changes, each one step of undo -------------------------------------------------------------------

  #change(regions) {
    this.moving = null;
    this.history.set(regions);
    this.refresh();
  }

  undo() {
    if (this.history.undo()) this.#settle();
  }

  redo() {
    if (this.history.redo()) this.#settle();
  }

  #settle() {
    const { lesions } = this.regions;
    if (!lesions.some((lesion) => lesion.id === this.lesion)) this.lesion = lesions[0]?.id ?? null;
    this.viewer.goTo(this.viewer.anchor);
    this.refresh();
  }

  use(tool) {
    this.tool = tool;
    this.onChange();
    this.viewer.element.dataset.tool = tool;
  }

  choose(id) {
    this.lesion = id;
    const contours = this.#own(id);
    if (contours.length) this.viewer.goTo(centroid(contours[contours.length >> 1]));
    this.refresh();
  }

  addLesion() {
    const id = newId();
    this.lesion = id;
    this.#change(withNewLesion(this.history.present, id));
  }

  removeLesion(id) {
    const regions = withoutLesion(this.history.present, id);
    if (this.lesion === id) this.lesion = regions.lesions[0]?.id ?? null;
    this.#change(regions);
  }

  rename(id, name) {
    const clean = name.trim().slice(0, 80);
    if (clean) this.#change(withLesion(this.history.present, id, (lesion) => ({ ...lesion, name: clean })));
  }

  mark(id) {
    const { target } = this.history.present;
    this.#change({ ...this.history.present, target: target === id ? null : id });
  }

  shift(slug, shift) {
    this.#change(withShift(this.history.present, slug, shift));
    this.viewer.goTo(this.viewer.anchor);
  }

  /** Copy the chosen lesion's contours to the next slice up or down, and go there. */
  copy(by) {
    const { series, k } = this.t2;
    const drawn = this.#onSlice(k);
    if (!drawn.length || k + by < 0 || k + by >= series.nz) return;
    const copied = drawn.map((points) => points.map((point) => onSlice(series, point, k + by)));
    this.#draw(copied, k + by);
    this.viewer.setActive(this.t2);
    this.viewer.toSlice(k + by);
  }

  /** Remove the chosen lesion's contours of the present slice. */
  erase() {
    if (this.#onSlice(this.t2.k).length) this.#draw([], this.t2.k);
  }

  /** Replace the chosen lesion's contours on slice k; the first stroke makes the first lesion. */
  #draw(contours, k) {
    let regions = this.history.present;
    if (!this.lesion) {
      this.lesion = newId();
      regions = withNewLesion(regions, this.lesion);
    }
    const others = (lesion) => lesion.contours.filter((points) => this.#sliceOf(points) !== k);
    this.#change(
      withLesion(regions, this.lesion, (lesion) => ({ ...lesion, contours: [...others(lesion), ...contours].sort((a, b) => this.#sliceOf(a) - this.#sliceOf(b)) })),
    );
  }

  #own(id) {
    return this.regions.lesions.find((lesion) => lesion.id === id)?.contours ?? [];
  }

  #sliceOf(points) {
    return nearestSlice(this.t2.series, centroid(points));
  }

  #onSlice(k) {
    return this.#own(this.lesion).filter((points) => this.#sliceOf(points) === k);
  }

  // ---- pointer ------------------------------------------------------------------------------------------

  /** Begin a drag at a position on the tile's canvas; null leaves it to the viewer. */
  press(tile, start) {
    if (this.tool === "Look") return null;
    if (this.tool === "Shift") return tile === this.t2 ? null : this.#shifting(tile, start);
    if (tile !== this.t2 || !tile.inside) return null;
    return this.tool === "Edit" ? this.#editing(tile, start) : this.#drawing(tile, start);
  }

  #drawing(tile, start) {
    const at = (place) => this.#flat(tile, place);
    const from = at(start);
    const line = [from];
    const shape = { Ellipse: shapes.ellipse, Rectangle: shapes.rectangle }[this.tool];
    let polygon = [];
    return {
      move: (place) => {
        line.push(at(place));
        polygon = shape ? shape(from, at(place)) : line;
        this.draft = this.#lifted(tile, polygon);
        this.refresh();
      },
      end: () => {
        this.draft = null;
        if (!shape) polygon = shapes.simplified([...line, from], TOLERANCE_MM).slice(0, -1);
        if (polygon.length > 2 && shapes.area(polygon) >= SMALLEST_MM2) this.#draw([this.#lifted(tile, polygon)], tile.k);
        else this.refresh();
      },
      cancel: () => this.#cancel(),
    };
  }

  #editing(tile, start) {
    const grip = this.#flat(tile, start);
    const scale = this.viewer.scaleOf(tile);
    const found = this.regions.lesions
      .flatMap(({ id, contours }) => contours.map((points) => ({ id, points })))
      .filter(({ points }) => this.#sliceOf(points) === tile.k)
      .map(({ id, points }) => ({ id, points, polygon: points.map((point) => flat(tile.series, point)) }))
      .map((one) => ({ ...one, away: shapes.distanceToBorder(grip, one.polygon) * scale }))
      .filter((one) => one.away < GRIP_PX * this.viewer.options.ratio || shapes.inside(grip, one.polygon))
      .sort((a, b) => a.away - b.away)[0];
    if (!found) return null;
    this.lesion = found.id;
    const pull = found.away < GRIP_PX * this.viewer.options.ratio;
    const before = this.history.present;
    const size = Math.sqrt(shapes.area(found.polygon)) / 3;
    return {
      move: (place) => {
        const [x, y] = this.#flat(tile, place);
        const by = [x - grip[0], y - grip[1]];
        const polygon = pull ? shapes.pulled(found.polygon, grip, by, Math.min(REACH_MM, size)) : shapes.translated(found.polygon, by);
        const points = this.#lifted(tile, polygon);
        this.moving = withLesion(before, found.id, (lesion) => ({ ...lesion, contours: lesion.contours.map((one) => (one === found.points ? points : one)) }));
        this.refresh();
      },
      end: () => (this.moving ? this.#change(this.moving) : this.refresh()),
      cancel: () => this.#cancel(),
    };
  }

  #shifting(tile, start) {
    const { series } = tile;
    const before = this.history.present;
    const from = before.shifts[series.slug] ?? [0, 0, 0];
    const scale = this.viewer.scaleOf(tile);
    return {
      move: ([x, y]) => {
        const across = add(from, series.row, (x - start[0]) / scale);
        this.moving = withShift(before, series.slug, add(across, series.col, (y - start[1]) / scale));
        this.refresh();
      },
      end: () => (this.moving ? this.#change(this.moving) : this.refresh()),
      cancel: () => this.#cancel(),
    };
  }

  /** The wheel over a shifted series shifts it across slices; false leaves it to the viewer. */
  wheel(tile, by) {
    if (this.tool !== "Shift" || !tile || tile === this.t2) return false;
    const { series } = tile;
    this.shift(series.slug, add(tile.shift, series.nrm, by * series.dz));
    return true;
  }

  #cancel() {
    this.draft = null;
    this.moving = null;
    this.refresh();
  }

  /** Place on the canvas as millimetres in the slice, kept within the slice. */
  #flat(tile, [x, y]) {
    const { series } = tile;
    const [i, j] = toVoxel(series, tile.pointAt(x, y, this.viewer.view));
    const keep = (value, n) => Math.max(-0.49, Math.min(n - 0.51, value));
    return [keep(i, series.nx) * series.sp[0], keep(j, series.ny) * series.sp[1]];
  }

  #lifted(tile, polygon) {
    const { series, k } = tile;
    const keep = (value, n) => Math.max(-0.49, Math.min(n - 0.51, value));
    return polygon.map(([x, y]) => toPatient(series, keep(x / series.sp[0], series.nx), keep(y / series.sp[1], series.ny), k));
  }

  /** Slices of T2 on which a lesion is drawn. */
  slices(id) {
    return [...new Set(this.#own(id).map((points) => this.#sliceOf(points)))].length;
  }
}

function flat(series, point) {
  const [i, j] = toVoxel(series, point);
  return [i * series.sp[0], j * series.sp[1]];
}
