import assert from "node:assert/strict";
import test from "node:test";
import { area, distanceToBorder, ellipse, inside, pulled, rectangle, simplified, translated } from "../../../dls/ui/assets/roi_shapes.js";

const near = (a, b, within) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);

test("an ellipse fills its box, whichever corners are given", () => {
  for (const drawn of [ellipse([10, 20], [40, 30]), ellipse([40, 30], [10, 20])]) {
    near(area(drawn), Math.PI * 15 * 5, 2);
    const xs = drawn.map(([x]) => x);
    near(Math.min(...xs), 10, 1e-9);
    near(Math.max(...xs), 40, 1e-9);
  }
});

test("a rectangle has its four corners and points along its sides", () => {
  const drawn = rectangle([0, 0], [8, 4]);
  assert.equal(area(drawn), 32);
  assert.equal(drawn.length, 32);
  for (const corner of [[0, 0], [8, 0], [8, 4], [0, 4]]) assert.ok(drawn.some(([x, y]) => x === corner[0] && y === corner[1]));
});

test("simplifying keeps the form within the tolerance", () => {
  const straight = Array.from({ length: 50 }, (_, n) => [n, 0]);
  assert.deepEqual(simplified(straight, 0.1), [[0, 0], [49, 0]]);
  const bent = [...straight, ...Array.from({ length: 30 }, (_, n) => [49, n + 1])];
  assert.deepEqual(simplified(bent, 0.1), [[0, 0], [49, 0], [49, 30]]);
  const round = ellipse([0, 0], [30, 30]);
  for (const point of round) assert.ok(distanceToBorder(point, simplified([...round, round[0]], 0.3)) <= 0.3 + 1e-9);
});

test("inside and outside, also beside a notch", () => {
  const notched = [[0, 0], [10, 0], [10, 10], [5, 2], [0, 10]];
  assert.ok(inside([2, 3], notched));
  assert.ok(!inside([5, 8], notched));
  assert.ok(!inside([-1, 5], notched));
});

test("a pull moves the grip and leaves the far side", () => {
  const box = rectangle([0, 0], [40, 40]);
  const after = pulled(box, [40, 20], [5, 0], 4);
  const at = (polygon, x, y) => polygon[box.findIndex(([a, b]) => a === x && b === y)];
  near(at(after, 40, 20)[0], 45, 1e-9);
  near(at(after, 0, 20)[0], 0, 1e-9);
  assert.deepEqual(translated([[1, 2]], [3, 4]), [[4, 6]]);
});
