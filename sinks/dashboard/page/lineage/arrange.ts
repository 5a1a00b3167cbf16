// The layout in a worker, so that the page answers meanwhile.
import type { Box, Picture } from "./layout.ts";

interface Policy { createScriptURL(url: string): string }
declare const trustedTypes: { createPolicy(name: string, rules: Policy): Policy } | undefined;

const WORKER = "/assets/layout.worker.js";

let worker: Worker | null = null;
let asked = 0;
const waiting = new Map<number, (picture: Picture) => void>();

function started(): Worker {
  const own = (url: string) => {
    if (url !== WORKER) throw new TypeError("this is no script of ours");
    return url;
  };
  const policy = typeof trustedTypes === "undefined" ? { createScriptURL: own } : trustedTypes.createPolicy("headwater", { createScriptURL: own });
  const made = new Worker(policy.createScriptURL(WORKER), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<{ id: number; picture: Picture }>) => {
    waiting.get(data.id)?.(data.picture);
    waiting.delete(data.id);
  };
  return made;
}

/** Start the worker while there is nothing to arrange yet. */
export function warmUp(): void {
  worker ??= started();
}

export function arrange(boxes: Box[], links: [number, number][]): Promise<Picture> {
  warmUp();
  const id = ++asked;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker!.postMessage({ id, boxes, links });
  });
}
