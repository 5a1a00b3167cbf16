// The address holds the whole state of the view: what is in it can be sent to somebody.
import { useEffect, useState } from "preact/hooks";

export type Page = "live" | "lineage" | "runs" | "models" | "audit" | "health" | "dead-letters";

export const PAGES: [Page, string, string][] = [
  ["live", "/", "Live"],
  ["lineage", "/lineage", "Lineage"],
  ["runs", "/runs", "Runs"],
  ["models", "/models", "Models"],
  ["audit", "/audit", "Audit"],
  ["health", "/health", "Health"],
  ["dead-letters", "/dead-letters", "Dead letters"],
];

export type Values = Record<string, string | null | undefined>;

export interface Address {
  page: Page;
  query: URLSearchParams;
  /** Grows whenever the reader goes back or forward. */
  restored: number;
}

const changed = new EventTarget();
let restored = 0;

function read(): Address {
  const found = PAGES.find(([, path]) => path === location.pathname);
  return { page: found ? found[0] : "live", query: new URLSearchParams(location.search), restored };
}

/** Return the address of a page with these values; those that are null are left out. */
export function href(page: Page, values: Values = {}): string {
  const path = PAGES.find(([name]) => name === page)![1];
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value) query.set(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** Return this page's address with some values changed. */
export function hrefWith(values: Values): string {
  const { page, query } = read();
  return href(page, { ...Object.fromEntries(query), ...values });
}

/** Return names as one value; a name may contain anything. */
export function listed(names: Iterable<string>): string {
  return [...new Set(names)].map(encodeURIComponent).join("|");
}

export function namesIn(value: string | null): string[] {
  return value ? value.split("|").map(unescaped) : [];
}

/** Return what was escaped; what somebody typed may not be. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function go(to: string, replace = false): void {
  if (to === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  changed.dispatchEvent(new Event("change"));
}

export function useAddress(): Address {
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const update = () => setAddress(read());
    const restore = () => {
      restored += 1;
      update();
    };
    changed.addEventListener("change", update);
    window.addEventListener("popstate", restore);
    return () => {
      changed.removeEventListener("change", update);
      window.removeEventListener("popstate", restore);
    };
  }, []);
  return address;
}

/** Follow links of our own without loading the page anew. */
export function followLinks(event: MouseEvent): void {
  if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest?.("a");
  if (!link || link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (!PAGES.some(([, path]) => path === link.pathname) || link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
