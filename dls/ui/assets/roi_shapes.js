// Shapes drawn on a slice, in the slice's own millimetres [x, y]; pure functions, tested with `node --test`.

const ELLIPSE_POINTS = 48;

/** Closed polygon of the ellipse that fills the box between two corners. */
export function ellipse([x0, y0], [x1, y1]) {
  const [cx, cy, a, b] = [(x0 + x1) / 2, (y0 + y1) / 2, Math.abs(x1 - x0) / 2, Math.abs(y1 - y0) / 2];
  return Array.from({ length: ELLIPSE_POINTS }, (_, n) => {
    const angle = (2 * Math.PI * n) / ELLIPSE_POINTS;
    return [cx + a * Math.cos(angle), cy + b * Math.sin(angle)];
  });
}

/** Rectangle between two corners; its sides carry points, so that they can be pulled. */
export function rectangle([x0, y0], [x1, y1]) {
  const corners = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
  return corners.flatMap(([x, y], n) => {
    const [u, v] = corners[(n + 1) % 4];
    return Array.from({ length: 8 }, (_, m) => [x + ((u - x) * m) / 8, y + ((v - y) * m) / 8]);
  });
}

/** A line drawn by hand without the points that lie within `tolerance` of what remains (Douglas and Peucker). */
export function simplified(points, tolerance) {
  if (points.length < 3) return points;
  const [first, last] = [points[0], points[points.length - 1]];
  let [far, at] = [0, 0];
  for (let n = 1; n < points.length - 1; n++) {
    const away = distanceToSegment(points[n], first, last);
    if (away > far) [far, at] = [away, n];
  }
  if (far <= tolerance) return [first, last];
  return [...simplified(points.slice(0, at + 1), tolerance).slice(0, -1), ...simplified(points.slice(at), tolerance)];
}

/** Distance of a point from a segment. */
export function distanceToSegment([x, y], [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = dx || dy ? ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy) : 0;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}

/** Distance of a point from the border of a polygon. */
export const distanceToBorder = (point, polygon) =>
  Math.min(...polygon.map((corner, n) => distanceToSegment(point, corner, polygon[(n + 1) % polygon.length])));

/** Whether a point lies inside a polygon (even-odd rule). */
export function inside([x, y], polygon) {
  let within = false;
  polygon.forEach(([x0, y0], n) => {
    const [x1, y1] = polygon[(n + 1) % polygon.length];
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) within = !within;
  });
  return within;
}

/** Area of a polygon in mm². */
export function area(polygon) {
  const twice = polygon.reduce((sum, [x0, y0], n) => {
    const [x1, y1] = polygon[(n + 1) % polygon.length];
    return sum + x0 * y1 - x1 * y0;
  }, 0);
  return Math.abs(twice) / 2;
}

/** The polygon pulled by [dx, dy] where `grip` holds it; the pull fades over `reach` mm. */
export function pulled(polygon, grip, [dx, dy], reach) {
  return polygon.map(([x, y]) => {
    const share = Math.exp(-(((x - grip[0]) ** 2 + (y - grip[1]) ** 2) / (2 * reach * reach)));
    return [x + dx * share, y + dy * share];
  });
}

/** The polygon moved by [dx, dy]. */
export const translated = (polygon, [dx, dy]) => polygon.map(([x, y]) => [x + dx, y + dy]);
