import assert from "node:assert/strict";
import test from "node:test";
import { ActiveClock, IDLE_AFTER } from "../../../dls/ui/assets/clock.js";

test("time between inputs counts, up to the idle limit", () => {
  const clock = new ActiveClock(100);
  clock.activity(110);
  assert.equal(clock.seconds(115), 15);
  clock.activity(1000);
  assert.equal(clock.seconds(1000), 10 + IDLE_AFTER);
});

test("pauses do not count, restored time does", () => {
  const clock = new ActiveClock(0, 7);
  clock.run(false, 5);
  clock.activity(20);
  assert.equal(clock.seconds(25), 12);
  clock.run(true, 30);
  assert.equal(clock.seconds(34), 16);
});
