// Rows of the panel beside the images: lesions, and what is known about a series' place.
import { element } from "./elements.js";
import { tool } from "./frame.js";

/** One lesion: colour, name, slices, whether it is the case's, and the way to remove it. */
export function lesionRow(editor, { id, name }, caseLesion) {
  const marked = editor.regions.target === id;
  const isCase = marked || (!editor.regions.target && caseLesion === id);
  const label = element("input", { type: "text", value: name, maxlength: 80, "aria-label": `Name of ${name}` });
  label.addEventListener("change", () => editor.rename(id, label.value));
  label.addEventListener("focus", () => editor.lesion !== id && editor.choose(id));
  const star = tool(isCase ? "★" : "☆", null, () => editor.mark(id), {
    title: marked ? "The case's lesion; click to take the largest again" : isCase ? "The largest: the case's lesion; click to keep it so" : "Make this the case's lesion",
    "aria-label": `Case's lesion: ${name}`,
    "aria-pressed": String(isCase),
  });
  const slices = editor.slices(id);
  const count = tool(slices === 1 ? "1 slice" : `${slices} slices`, null, () => editor.choose(id), { class: "count", title: "Draw this lesion; go to it" });
  const remove = tool("✕", null, () => editor.removeLesion(id), { title: "Remove the lesion from all slices", "aria-label": `Remove ${name}` });
  const colour = element("span", { class: "colour", style: `background: ${editor.colour(id)}` });
  return element("li", { class: editor.lesion === id ? "chosen" : null, "data-lesion": id }, colour, label, count, star, remove);
}

/** A shift in words: L/R, P/A and H/F in millimetres; empty where there is none. */
export function shiftText(shift) {
  if (!shift) return "";
  const letters = [["L", "R"], ["P", "A"], ["H", "F"]];
  const parts = shift.map((mm, axis) => (Math.abs(mm) < 0.05 ? null : `${Math.abs(mm).toFixed(1)} ${letters[axis][mm > 0 ? 0 : 1]}`));
  return ` shifted ${parts.filter(Boolean).join(", ")} mm`;
}

/** A mismatch in words. */
export function mismatchText(found) {
  if (!found) return "…";
  const percent = `${Math.round(found.score * 100)} %`;
  return found.distance < 0.5 ? percent : `${percent}, ${found.distance.toFixed(0)} mm`;
}
