import assert from "node:assert/strict";
import test from "node:test";
import {
  bodyOnSlice, contoursOnSlice, directionLabel, distance, edgeLabels, nearestSlice, onSlice, placedContours, placement, toPatient, toVoxel,
} from "../../../dls/ui/assets/geometry.js";

const LEVEL = { nx: 10, ny: 8, nz: 5, sp: [2, 3], dz: 7, origin: [-10, -20, 30], row: [1, 0, 0], col: [0, 1, 0], nrm: [0, 0, 1] };
const angle = Math.PI / 9;
const TILTED = {
  ...LEVEL, sp: [1.5, 1.5], dz: 6.6,
  row: [Math.cos(angle), 0, -Math.sin(angle)], col: [0, 1, 0], nrm: [Math.sin(angle), 0, Math.cos(angle)],
};
const close = (a, b) => a.forEach((x, n) => assert.ok(Math.abs(x - b[n]) < 1e-9, `${a} is not ${b}`));

test("a voxel's place, counted by hand", () => {
  close(toPatient(LEVEL, 3, 2, 4), [-10 + 6, -20 + 6, 30 + 28]);
  close(toVoxel(LEVEL, [-4, -14, 58]), [3, 2, 4]);
});

test("patient and voxel are inverse on a tilted grid", () => {
  close(toVoxel(TILTED, toPatient(TILTED, 2.25, -1, 3.5)), [2.25, -1, 3.5]);
});

test("nearest slice: midway belongs to the upper one, rounding noise does not count", () => {
  const at = (k) => [0, 0, 30 + 7 * k];
  assert.equal(nearestSlice(LEVEL, at(1.49)), 1);
  assert.equal(nearestSlice(LEVEL, at(1.5)), 2);
  assert.equal(nearestSlice(LEVEL, at(1.5 - 1e-12)), 2);
  assert.equal(nearestSlice(LEVEL, at(-3)), -3);
});

test("moving onto a slice keeps the place within it", () => {
  const point = toPatient(TILTED, 4, 5, 1.3);
  close(toVoxel(TILTED, onSlice(TILTED, point, 3)), [4, 5, 3]);
});

test("direction letters follow the cosines", () => {
  assert.equal(directionLabel([1, 0, 0]), "L");
  assert.equal(directionLabel([-1, 0, 0]), "R");
  assert.equal(directionLabel([0, -1, 0]), "A");
  assert.equal(directionLabel([0, 0, -1]), "F");
  assert.equal(directionLabel([0.1, 0.05, 0.99]), "H");
  assert.equal(directionLabel([-0.8, 0.6, 0]), "RP");
});

test("an axial slice has R on the left, a coronal one F at the bottom, a prone one L on the left", () => {
  assert.deepEqual(edgeLabels(LEVEL), { left: "R", right: "L", top: "A", bottom: "P" });
  const coronal = { ...LEVEL, col: [0, 0, -1], nrm: [0, 1, 0] };
  assert.deepEqual(edgeLabels(coronal), { left: "R", right: "L", top: "H", bottom: "F" });
  const prone = { ...LEVEL, row: [-1, 0, 0], col: [0, -1, 0] };
  assert.deepEqual(edgeLabels(prone), { left: "L", right: "R", top: "P", bottom: "A" });
});

const dot = (z) => ({ points: [[-1, 0, z], [1, 0, z], [0, 1, z]] });
const slices = (g) => Array.from({ length: g.nz }, (_, k) => k);
const slicesWith = (g, z, sourceDz) =>
  slices(g).filter((k) => contoursOnSlice(g, k, placedContours(LEVEL, [dot(z)]), sourceDz).length);

test("a contour midway between two slices of another series shows on one of them only", () => {
  assert.deepEqual(slicesWith(LEVEL, 30 + 7 * 1.5, 7), [2]);
  for (let step = 0; step < 40; step++) assert.equal(slicesWith(LEVEL, 30 + step * 0.7, 7).length, 1);
});

test("in thin slices a contour shows on all of its slab, and each slice belongs to one contour", () => {
  const thin = { ...LEVEL, nz: 20, dz: 2 };
  const first = slicesWith(thin, 44, 7);
  const second = slicesWith(thin, 51, 7);
  assert.deepEqual(first, [6, 7, 8]);
  assert.deepEqual(second, [9, 10, 11, 12]);
});

test("thicker slices show the contours of one source slice, all of them", () => {
  const thick = { ...LEVEL, dz: 10 };
  const contours = placedContours(LEVEL, [dot(37), dot(44), dot(37), dot(51)]);
  const shown = slices(thick).map((k) => contoursOnSlice(thick, k, contours, 7).map((c) => c.slice));
  assert.deepEqual(shown, [[], [1, 1], [3], [], []]);
});

test("the focus lies at the canvas' centre, and a millimetre is as long in every series", () => {
  const view = { focus: [1, 2, 37], zoom: 2, field: [100, 100] };
  for (const g of [LEVEL, TILTED]) {
    const place = placement(g, 400, 300, view);
    assert.equal(place.scale, 6);
    const [i, j] = toVoxel(g, view.focus);
    close(place.toCanvas(i, j), [200, 150]);
    const [x] = place.toCanvas(i + 10 / g.sp[0], j);
    assert.ok(Math.abs(x - 200 - 60) < 1e-9);
    close(place.toSlice(...place.toCanvas(3.5, 1)), [3.5, 1]);
  }
});

test("the body's place on a slice: noise and a bright pixel outside do not count", () => {
  const g = { ...LEVEL, nx: 100, ny: 80, sp: [3, 3] };
  const voxels = new Int16Array(8000).map((_, n) => n % 7);
  for (let j = 20; j < 60; j++) for (let i = 10; i < 80; i++) voxels[j * 100 + i] = 300;
  voxels[0] = 300;
  const { centre, field } = bodyOnSlice(g, voxels, 2);
  close(toVoxel(g, centre), [44.5, 39.5, 2]);
  close(field, [70 * 3 * 1.06, 40 * 3 * 1.06]);
});

test("an even slice is shown whole", () => {
  const { centre, field } = bodyOnSlice(LEVEL, new Int16Array(80), 1);
  close(toVoxel(LEVEL, centre), [4.5, 3.5, 1]);
  close(field, [20, 24]);
});

test("distance in mm", () => assert.equal(distance([0, 0, 0], [3, 4, 12]), 13));
