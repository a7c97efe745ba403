// Patient space (DICOM LPS, millimetres) and voxels of one series; pure functions, tested with `node --test`.
//
// A series' geometry `g` has nx, ny, nz (voxels), sp [mm between columns, mm between rows], dz (mm between
// slices), origin (centre of voxel 0,0,0) and the unit vectors row (along i), col (along j), nrm (along k).
// Source: DICOM PS3.3 C.7.6.2.1.1.

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export const add = (a, b, factor = 1) => [a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2]];

/** Patient point in mm of the (fractional) voxel i, j, k. */
export function toPatient(g, i, j, k) {
  return [0, 1, 2].map((c) => g.origin[c] + g.row[c] * i * g.sp[0] + g.col[c] * j * g.sp[1] + g.nrm[c] * k * g.dz);
}

/** Fractional voxel [i, j, k] of a patient point in mm. */
export function toVoxel(g, point) {
  const offset = add(point, g.origin, -1);
  return [dot(offset, g.row) / g.sp[0], dot(offset, g.col) / g.sp[1], dot(offset, g.nrm) / g.dz];
}

/** Slice nearest to a patient point; a point midway belongs to the upper one. May lie outside 0..nz-1. */
export function nearestSlice(g, point) {
  const k = Math.round(toVoxel(g, point)[2] * 1e6) / 1e6;
  return Math.floor(k + 0.5);
}

/** The point moved along the slice normal until it lies at the centre of slice k. */
export function onSlice(g, point, k) {
  return add(point, g.nrm, (k - toVoxel(g, point)[2]) * g.dz);
}

/** Patient point of a volume's centre. */
export const centreOf = (g) => toPatient(g, (g.nx - 1) / 2, (g.ny - 1) / 2, (g.nz - 1) / 2);

/** Distance of two patient points in mm. */
export const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** Letters of a direction: R/L, A/P, F/H; a second letter when the direction leans 17 degrees or more. */
export function directionLabel(vector) {
  const letters = [["L", "R"], ["P", "A"], ["H", "F"]];
  return [0, 1, 2]
    .filter((axis) => Math.abs(vector[axis]) >= 0.3)
    .sort((a, b) => Math.abs(vector[b]) - Math.abs(vector[a]))
    .slice(0, 2)
    .map((axis) => letters[axis][vector[axis] > 0 ? 0 : 1])
    .join("");
}

/** Labels of the four edges of a slice as it is shown: row to the right, column downwards. */
export function edgeLabels(g) {
  const reversed = (v) => v.map((x) => -x);
  return {
    left: directionLabel(reversed(g.row)),
    right: directionLabel(g.row),
    top: directionLabel(reversed(g.col)),
    bottom: directionLabel(g.col),
  };
}

/** Mean of a contour's points. */
export function centroid(points) {
  const sum = points.reduce((a, p) => add(a, p), [0, 0, 0]);
  return sum.map((x) => x / points.length);
}

/**
 * Whether a planar contour, drawn on slices `sourceDz` mm apart, is shown on slice k of a series.
 *
 * In a series with comparable spacing it is shown on the nearest slice and on no other, also when it lies
 * midway between two; in a series of thin slices on every slice within the slab that the contour stands for.
 */
export function contourOnSlice(g, k, centre, sourceDz) {
  if (g.dz > sourceDz / 2) return k === nearestSlice(g, centre);
  const offset = Math.round((k - toVoxel(g, centre)[2]) * g.dz * 1e6) / 1e6;
  return offset >= -sourceDz / 2 && offset < sourceDz / 2;
}

/**
 * Placement of a slice on a canvas: device pixels per mm, and the voxel under the canvas' centre.
 *
 * view = {focus: patient point at the canvas' centre, zoom, field: [mm wide, mm high] shown at zoom 1}
 */
export function placement(g, width, height, view) {
  const scale = Math.min(width / view.field[0], height / view.field[1]) * view.zoom;
  const [i, j] = toVoxel(g, view.focus);
  return {
    scale,
    toCanvas: (a, b) => [width / 2 + (a - i) * g.sp[0] * scale, height / 2 + (b - j) * g.sp[1] * scale],
    toSlice: (x, y) => [(x - width / 2) / (g.sp[0] * scale) + i, (y - height / 2) / (g.sp[1] * scale) + j],
  };
}
