// What is drawn on a case, as values that are never changed in place, and the way back through them.
//
// regions = {lesions: [{id, name, contours: [[[x, y, z] mm LPS, …], …]}], target: id or null, shifts: {slug: mm}}

/** 32 hexadecimal digits; works without a secure context too. */
export const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Replace one lesion by what `change` makes of it. */
export const withLesion = (regions, id, change) => ({
  ...regions,
  lesions: regions.lesions.map((lesion) => (lesion.id === id ? change(lesion) : lesion)),
});

/** Add an empty lesion with the next free name. */
export function withNewLesion(regions, id) {
  const names = new Set(regions.lesions.map((lesion) => lesion.name));
  let number = regions.lesions.length + 1;
  while (names.has(`Lesion ${number}`)) number++;
  return { ...regions, lesions: [...regions.lesions, { id, name: `Lesion ${number}`, contours: [] }] };
}

/** Take a lesion away; where it was the marked one, none is marked. */
export const withoutLesion = (regions, id) => ({
  ...regions,
  lesions: regions.lesions.filter((lesion) => lesion.id !== id),
  target: regions.target === id ? null : regions.target,
});

/** Set or clear (null) the shift of a sequence, rounded to a hundredth of a millimetre. */
export function withShift(regions, slug, shift) {
  const { [slug]: _, ...others } = regions.shifts;
  const rounded = shift?.map((mm) => Math.round(mm * 100) / 100 || 0);
  const none = !rounded || rounded.every((mm) => mm === 0);
  return { ...regions, shifts: none ? others : { ...others, [slug]: rounded } };
}

/** As the server keeps it: without lesions on which nothing is drawn, points to a thousandth of a millimetre. */
export function toRecord(regions) {
  const lesions = regions.lesions.filter((lesion) => lesion.contours.length);
  const target = lesions.some((lesion) => lesion.id === regions.target) ? regions.target : null;
  const rounded = (contour) => contour.map((point) => point.map((mm) => Math.round(mm * 1000) / 1000));
  return {
    format: "dls-regions",
    version: 1,
    space: "LPS",
    unit: "mm",
    lesions: lesions.map(({ id, name, contours }) => ({ id, name, contours: contours.map(rounded) })),
    target,
    shifts: regions.shifts,
  };
}

/** A value with its past and future. */
export class History {
  constructor(value) {
    this.present = value;
    this.past = [];
    this.future = [];
  }

  set(value) {
    this.past.push(this.present);
    this.present = value;
    this.future = [];
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.present);
    this.present = this.past.pop();
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.present);
    this.present = this.future.pop();
    return true;
  }
}
