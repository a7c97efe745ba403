import assert from "node:assert/strict";
import test from "node:test";
import { draggedWindow, fillGreyTable, presetWindow, saliencyTable } from "../../../dls/ui/assets/window.js";

const grey = (table, voxel) => table[voxel & 0xffff] & 0xff;

test("black at the window's lower edge, white at its upper one, half way between", () => {
  const table = fillGreyTable(new Uint32Array(65536), 100, 200, false);
  assert.equal(grey(table, 0), 0);
  assert.equal(grey(table, -5), 0);
  assert.equal(grey(table, 120), 153);
  assert.equal(grey(table, 200), 255);
  assert.equal(grey(table, 3000), 255);
  assert.equal(table[100] >>> 24, 255);
});

test("negative voxels have their own greys", () => {
  const table = fillGreyTable(new Uint32Array(65536), 0, 1000, false);
  assert.equal(grey(table, -250), 64);
  assert.equal(grey(table, 250), 191);
});

test("inverted", () => {
  const table = fillGreyTable(new Uint32Array(65536), 100, 200, true);
  assert.deepEqual([grey(table, 0), grey(table, 200)], [255, 0]);
});

test("dragging right widens, dragging down darkens, the width stays positive", () => {
  const [centre, width] = draggedWindow([100, 200], 0.1, 0.1);
  assert.ok(width > 200);
  assert.ok(centre > 100);
  assert.equal(draggedWindow([100, 2], -10, 0)[1], 1);
  assert.deepEqual(presetWindow([100, 200], 0.5), [100, 100]);
});

test("saliency: nothing is transparent, the most is opaque, and brighter means more", () => {
  const table = saliencyTable();
  const light = (n) => 0.21 * (table[n] & 0xff) + 0.72 * ((table[n] >>> 8) & 0xff) + 0.07 * ((table[n] >>> 16) & 0xff);
  assert.equal(table[0] >>> 24, 0);
  assert.equal(table[255] >>> 24, 255);
  for (let n = 1; n < 256; n++) assert.ok(light(n) >= light(n - 1) - 0.08); // colours are whole numbers
});
