// Voxels by authorised HTTP: the slice on screen first, then whole volumes; the next case in the background.

/** A request that the server refused: status 401 signed out, 404 not assigned, 409 already signed … */
export class Refused extends Error {
  constructor(status, message, body = {}) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** Fetch relative to the page, with this site's cookie; throws Refused for any status but success. */
export async function request(path, options = {}) {
  const response = await fetch(new URL(path, document.baseURI), { credentials: "same-origin", ...options });
  if (response.ok) return response;
  const json = response.headers.get("content-type")?.includes("json");
  const body = json ? await response.json() : { error: `The server answered ${response.status}` };
  throw new Refused(response.status, body.error, body);
}

export class ImageStore {
  constructor() {
    this.volumes = new Map();
  }

  /** One slice, int16 (ny*nx). */
  async slice(path, k, signal) {
    const response = await request(`${path}?k=${k}`, { signal, priority: "high" });
    return new Int16Array(await response.arrayBuffer());
  }

  /** Whole volume, int16 (nz*ny*nx); kept, so that a prefetched one costs nothing. */
  volume(path, priority = "high") {
    if (!this.volumes.has(path)) {
      const loading = request(path, { priority }).then(async (r) => new Int16Array(await r.arrayBuffer()));
      loading.catch(() => this.volumes.delete(path));
      this.volumes.set(path, loading);
    }
    return this.volumes.get(path);
  }

  /** Load a case's volumes one after the other: a save never waits behind more than one of them. */
  async prefetch(series) {
    for (const one of series) await this.volume(one.url, "low");
  }

  /** Forget all volumes but those of the given series. */
  keep(series) {
    const wanted = new Set(series.map((one) => one.url));
    for (const path of this.volumes.keys()) if (!wanted.has(path)) this.volumes.delete(path);
  }
}
