import assert from "node:assert/strict";
import test from "node:test";
import { scoresInWords } from "../../../dls/ui/assets/opinion.js";

test("the largest score first, what rounds to nothing left out", () => {
  assert.equal(scoresInWords({ classes: ["cyst", "HCC", "FNH"], scores: [0.004, 0.7, 0.296] }), "HCC 70 % · FNH 30 %");
});
