import assert from "node:assert/strict";
import test from "node:test";
import { newVisit, Recorder } from "../../../dls/ui/assets/recorder.js";

const screen = (series, k, more = {}) => ({ series, k, windows: [[100, 200], [50, 80]], single: false, ...more });

test("the first look records the screen, later ones what changed", () => {
  const recorder = new Recorder(1, 10);
  recorder.look(10.5, screen(0, 7));
  recorder.look(11, screen(0, 7));
  recorder.look(11.5, screen(0, 8));
  recorder.look(12.5, screen(1, 9, { windows: [[100, 200], [60, 80]], single: true }));
  assert.deepEqual(recorder.take().events, [
    [5, "t", 0], [0, "k", 0, 7], [0, "w", 0, 100, 200], [0, "w", 1, 50, 80],
    [10, "k", 0, 8],
    [10, "t", 1], [0, "k", 1, 9], [0, "w", 1, 60, 80], [0, "m", 1],
  ]);
});

test("of fast scrolling the end of each tenth of a second is kept, and times do not drift", () => {
  const recorder = new Recorder(1, 0);
  for (let n = 1; n <= 100; n++) recorder.note(n * 0.016, "k", 0, n);
  const { events } = recorder.take();
  assert.ok(events.length <= 17, String(events.length));
  assert.equal(events.at(-1)[3], 100);
  assert.ok(Math.abs(events.reduce((sum, [tenths]) => sum + tenths, 0) - 16) <= 1);
});

test("parts are numbered, an empty one is none", () => {
  const recorder = new Recorder(2, 0, "0123456789abcdef");
  assert.equal(recorder.take(), null);
  recorder.note(1, "a", 0);
  assert.deepEqual(recorder.take(), { visit: "0123456789abcdef", part: 1, stage: 2, events: [[10, "a", 0]] });
  recorder.note(3, "p", 1);
  assert.deepEqual(recorder.take(), { visit: "0123456789abcdef", part: 2, stage: 2, events: [[20, "p", 1]] });
});

test("visits are 16 hexadecimal digits, each another", () => {
  assert.match(newVisit(), /^[0-9a-f]{16}$/);
  assert.notEqual(newVisit(), newVisit());
});
