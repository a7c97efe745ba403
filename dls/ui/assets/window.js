// Grey values of int16 voxels: window centre and width to a table with one colour per possible voxel.

/** Fill `table` (65,536 colours, indexed by the voxel's 16 bits) for a window; returns it. */
export function fillGreyTable(table, centre, width, inverted) {
  const low = centre - width / 2;
  const slope = 255 / width;
  for (let bits = 0; bits < 65536; bits++) {
    const voxel = bits < 32768 ? bits : bits - 65536;
    const bright = (voxel - low) * slope;
    let grey = bright <= 0 ? 0 : bright >= 255 ? 255 : (bright + 0.5) | 0;
    if (inverted) grey = 255 - grey;
    table[bits] = (0xff000000 | (grey << 16) | (grey << 8) | grey) >>> 0;
  }
  return table;
}

/** Window presets as factors on a series' own default width. */
export const PRESETS = [
  { name: "Auto", key: "F2", factor: 1 },
  { name: "Narrow", key: "F4", factor: 0.55 },
  { name: "Wide", key: "F8", factor: 1.8 },
];

/** Window of a preset: the default with its width scaled about its centre. */
export const presetWindow = ([centre, width], factor) => [centre, width * factor];

/** Window after dragging by a fraction of the tile: right widens, down darkens (as on most workstations). */
export function draggedWindow([centre, width], across, down) {
  return [centre + down * width * 1.5, Math.max(1, width * Math.exp(across * 2))];
}

/**
 * 256 colours of the saliency overlay: perceptually ordered (dark violet, red, yellow), opacity with value.
 *
 * Both follow the square root of the value: a gradient has few large values, which would hide all others.
 */
export function saliencyTable() {
  const stops = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]];
  const table = new Uint32Array(256);
  for (let value = 0; value < 256; value++) {
    const strength = Math.sqrt(value / 255);
    const place = strength * (stops.length - 1);
    const lower = Math.min(Math.floor(place), stops.length - 2);
    const colour = stops[lower].map((c, n) => Math.round(c + (stops[lower + 1][n] - c) * (place - lower)));
    const opacity = Math.min(255, Math.round(strength * 1.4 * 255));
    table[value] = ((opacity << 24) | (colour[2] << 16) | (colour[1] << 8) | colour[0]) >>> 0;
  }
  return table;
}
