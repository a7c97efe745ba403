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

/** Contours as the viewer keeps them: with their mean, and the slice of the series they were drawn on. */
export function placedContours(source, contours) {
  return contours.map((contour) => {
    const centre = centroid(contour.points);
    return { ...contour, centre, slice: nearestSlice(source, centre) };
  });
}

/**
 * The contours to show on slice k of a series, out of planar contours drawn on slices `sourceDz` mm apart.
 *
 * In a series with comparable spacing a contour is shown on the nearest slice and on no other, also when it
 * lies midway between two; in a series of thin slices on every slice within the slab that it stands for.  Where
 * contours of several source slices fall on one slice, only those of the nearest source slice are shown.
 */
export function contoursOnSlice(g, k, contours, sourceDz) {
  const away = (contour) => Math.round((k - toVoxel(g, contour.centre)[2]) * g.dz * 1e6) / 1e6;
  const here = contours.filter((contour) => {
    if (g.dz > sourceDz / 2) return k === nearestSlice(g, contour.centre);
    return away(contour) >= -sourceDz / 2 && away(contour) < sourceDz / 2;
  });
  const nearest = here.reduce((a, b) => (a && Math.abs(away(a)) <= Math.abs(away(b)) ? a : b), null);
  return here.filter((contour) => contour.slice === nearest.slice);
}

/**
 * Where the body lies on a slice: {centre: patient point, field: [mm wide, mm high]}, with a margin.
 *
 * Bounds of the rows and columns whose mean exceeds a share of the largest one, so that noise around the body
 * and a single bright pixel do not count; the whole slice where nothing stands out.
 */
export function bodyOnSlice(g, voxels, k) {
  const rows = new Float64Array(g.ny);
  const columns = new Float64Array(g.nx);
  for (let j = 0, n = 0; j < g.ny; j++)
    for (let i = 0; i < g.nx; i++, n++) {
      rows[j] += voxels[n] / g.nx;
      columns[i] += voxels[n] / g.ny;
    }
  const bounds = (means) => {
    const sorted = Float64Array.from(means).sort();
    const low = sorted[sorted.length >> 5];
    const enough = low + BODY_SHARE * (sorted[sorted.length - 1] - low);
    return [means.findIndex((m) => m > enough), means.findLastIndex((m) => m > enough)];
  };
  const [left, right] = bounds(columns);
  const [top, bottom] = bounds(rows);
  if (left < 0 || top < 0) return { centre: toPatient(g, (g.nx - 1) / 2, (g.ny - 1) / 2, k), field: [g.nx * g.sp[0], g.ny * g.sp[1]] };
  return {
    centre: toPatient(g, (left + right) / 2, (top + bottom) / 2, k),
    field: [(right - left + 1) * g.sp[0] * BODY_MARGIN, (bottom - top + 1) * g.sp[1] * BODY_MARGIN],
  };
}

const BODY_SHARE = 0.04;
const BODY_MARGIN = 1.06;

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
