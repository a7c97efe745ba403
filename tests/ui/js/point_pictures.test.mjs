import assert from "node:assert/strict";
import { test } from "node:test";

import { beside, caseOf } from "../../../dls/ui/assets/point_pictures.js";

test("the case of a point is in its custom data, and nothing else is taken for one", () => {
  assert.equal(caseOf("case=12"), 12);
  assert.equal(caseOf(["scanner=a&case=7"]), 7);
  for (const other of ["task=seven-way&where=A%3Awrong", "case=", "case=1/../2", undefined, 4, []]) assert.equal(caseOf(other), null);
});

test("the pictures stay inside the window", () => {
  const size = [264, 136];
  assert.deepEqual(beside([100, 100], size, [1280, 800]), [116, 116]);
  assert.deepEqual(beside([1200, 790], size, [1280, 800]), [1200 - 16 - 264, 800 - 136]);
  assert.deepEqual(beside([10, 10], size, [200, 100]), [0, 0]);
});
