import assert from "node:assert/strict";
import test from "node:test";
import { History, newId, toRecord, withLesion, withNewLesion, withoutLesion, withShift } from "../../../dls/ui/assets/roi_state.js";

const EMPTY = { lesions: [], target: null, shifts: {} };

test("lesions get the next free name and an id of 32 hexadecimal digits", () => {
  assert.match(newId(), /^[0-9a-f]{32}$/);
  let regions = withNewLesion(withNewLesion(EMPTY, "a"), "b");
  assert.deepEqual(regions.lesions.map(({ name }) => name), ["Lesion 1", "Lesion 2"]);
  regions = withNewLesion(withoutLesion(regions, "a"), "c");
  assert.deepEqual(regions.lesions.map(({ name }) => name), ["Lesion 2", "Lesion 3"]);
  assert.equal(EMPTY.lesions.length, 0);
});

test("removing the marked lesion unmarks it", () => {
  const regions = { ...withNewLesion(withNewLesion(EMPTY, "a"), "b"), target: "a" };
  assert.equal(withoutLesion(regions, "a").target, null);
  assert.equal(withoutLesion(regions, "b").target, "a");
});

test("shifts are rounded, and none is kept that is nothing", () => {
  assert.deepEqual(withShift(EMPTY, "dwi", [1.23456, -0.001, 7]).shifts, { dwi: [1.23, 0, 7] });
  assert.deepEqual(withShift(withShift(EMPTY, "dwi", [1, 0, 0]), "dwi", null).shifts, {});
  assert.deepEqual(withShift(EMPTY, "dwi", [0.001, 0, 0]).shifts, {});
});

test("the record leaves out lesions without a contour, and a mark on one of them", () => {
  const drawn = withLesion(withNewLesion(withNewLesion(EMPTY, "a"), "b"), "a", (lesion) => ({ ...lesion, contours: [[[1.00049, 0, 0], [1, 1, 0], [0, 1, 0]]] }));
  const record = toRecord({ ...drawn, target: "b" });
  assert.deepEqual(record.lesions.map(({ id }) => id), ["a"]);
  assert.equal(record.target, null);
  assert.equal(record.lesions[0].contours[0][0][0], 1);
});

test("undo and redo walk the history; a new change ends what could be redone", () => {
  const history = new History(1);
  history.set(2);
  history.set(3);
  assert.ok(history.undo() && history.undo());
  assert.equal(history.present, 1);
  assert.ok(!history.undo());
  assert.ok(history.redo());
  assert.equal(history.present, 2);
  history.set(9);
  assert.ok(!history.redo());
  history.undo();
  assert.equal(history.present, 2);
});
