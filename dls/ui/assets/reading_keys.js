// The reading room's own keys; what they do not take is the viewer's.
import { confidenceOfKey } from "./answer.js";

/** Do what a key means in the reading room; false when it means nothing here. */
export function readingKey(room, event) {
  if (room.paused) return event.key === "p" ? (room.pause(), true) : true;
  if (event.ctrlKey || event.metaKey) return room.undo(), true;
  const confidence = event.shiftKey || event.code === "Backquote" ? confidenceOfKey(event.code) : null;
  const digit = /^(?:Digit|Numpad)([1-7])$/.exec(event.code);
  const step = { "]": 5, "+": 5, "=": 5, "[": -5, "-": -5 }[event.key];
  const acts = {
    Enter: () => event.repeat || room.sign(),
    u: () => room.undo(),
    c: () => room.panel.comment.focus(),
    p: () => room.pause(),
    b: () => room.back(),
    s: () => room.opinion.turn(),
    "?": () => room.panel.toggleHelp(),
  };
  if (confidence !== null) room.change((answer) => answer.set("malignancy", confidence));
  else if (digit) room.change((answer) => answer.choose(Number(digit[1]) - 1));
  else if (step) room.change((answer) => answer.step(step));
  else if (acts[event.key]) acts[event.key]();
  else return false;
  return true;
}
