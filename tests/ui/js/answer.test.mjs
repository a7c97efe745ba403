import assert from "node:assert/strict";
import test from "node:test";
import { Answer, confidenceOfKey } from "../../../dls/ui/assets/answer.js";

test("complete with class and confidence; a comment is optional", () => {
  const answer = new Answer();
  assert.equal(answer.missing().length, 2);
  answer.set("lesion_class", 0);
  answer.set("malignancy", 0);
  assert.deepEqual(answer.missing(), []);
});

test("empty until something is entered, a comment included", () => {
  assert.ok(new Answer().empty);
  assert.ok(new Answer({ active_seconds: 3, lesion_class: null }).empty);
  for (const draft of [{ lesion_class: 0 }, { malignancy: 0 }, { comment: "rim" }]) assert.ok(!new Answer(draft).empty);
});

test("undo goes back step by step, typing is one step", () => {
  const answer = new Answer();
  answer.set("lesion_class", 4);
  answer.set("lesion_class", 5);
  for (const typed of ["r", "ri", "rim"]) answer.set("comment", typed);
  answer.undo();
  assert.equal(answer.values.comment, "");
  answer.undo();
  assert.equal(answer.values.lesion_class, 4);
  answer.undo();
  assert.equal(answer.values.lesion_class, null);
  assert.equal(answer.undo(), false);
});

test("a draft is restored, absent fields stay empty", () => {
  const answer = new Answer({ lesion_class: 0, malignancy: null, active_seconds: 3 });
  assert.deepEqual(answer.values, { lesion_class: 0, malignancy: null, comment: "" });
});

test("steps of confidence stay on the scale", () => {
  const answer = new Answer();
  answer.step(5);
  assert.equal(answer.values.malignancy, 50);
  answer.set("malignancy", 98);
  answer.step(5);
  assert.equal(answer.values.malignancy, 100);
});

test("class and confidence that contradict each other are noticed", () => {
  const contradictory = (lesion_class, malignancy) => new Answer({ lesion_class, malignancy }).contradictory;
  assert.equal(contradictory(0, 80), true);
  assert.equal(contradictory(4, 20), true);
  assert.equal(contradictory(4, 50), false);
  assert.equal(contradictory(6, 90), false);
});

test("the digit row reads ` 1 … 9 0 as 0, 10 … 90, 100", () => {
  assert.equal(confidenceOfKey("Backquote"), 0);
  assert.equal(confidenceOfKey("Digit1"), 10);
  assert.equal(confidenceOfKey("Digit9"), 90);
  assert.equal(confidenceOfKey("Digit0"), 100);
  assert.equal(confidenceOfKey("KeyA"), null);
});

test("a ranking grows by choosing, shrinks from a class chosen again, and is undone step by step", () => {
  const answer = new Answer(null, true);
  assert.match(answer.missing()[0], /classes in order/);
  for (const chosen of [4, 5, 0]) answer.choose(chosen);
  assert.deepEqual(answer.values, { lesion_class: 4, malignancy: null, comment: "", ranking: [4, 5, 0] });
  answer.choose(5);
  assert.deepEqual(answer.values.ranking, [4]);
  answer.undo();
  assert.deepEqual(answer.values.ranking, [4, 5, 0]);
  answer.choose(4);
  assert.deepEqual([answer.values.lesion_class, answer.values.ranking], [null, null]);
});

test("without a ranking the class is replaced, and nothing is sent of a ranking", () => {
  const answer = new Answer();
  answer.choose(4);
  answer.choose(1);
  assert.deepEqual(answer.values, { lesion_class: 1, malignancy: null, comment: "" });
});
