// What the address says of the lineage page: all that one sees can be sent to somebody.
import { useEffect } from "preact/hooks";
import { go, href, hrefWith, listed, namesIn, type Address, type Values } from "../address.ts";
import { full, type Hit, type Neighbourhood } from "../answers.ts";
import { useAnswer } from "../api.ts";
import type { View } from "./viewport.ts";

const DEPTH = 3;
const PICTURE = 300;

export type Way = "upstream" | "downstream";

export interface Asked {
  subject: string;
  column: string | null;
  to: string | null;
  way: Way | "both";
  depth: number;
  datasets: number;
  values: boolean;
  as_of: string | null;
  before: string | null;
  after: string | null;
  comparing: boolean;
  /** Datasets whose neighbours are shown whatever the hops. */
  upstream_of: string[];
  downstream_of: string[];
  open: Set<string>;
  selected: string | null;
  list: boolean;
  view: View | null;
}

export function asked({ query }: Address): Asked {
  const at = query.get("at")?.split(",").map(Number);
  const [before, after] = [query.get("before"), query.get("after")];
  return {
    subject: query.get("subject") ?? "",
    column: query.get("column"),
    to: query.get("to"),
    way: (query.get("way") as Way | null) ?? "both",
    depth: Number(query.get("depth")) || DEPTH,
    datasets: Number(query.get("datasets")) || PICTURE,
    values: query.get("values") === "only",
    as_of: query.get("as_of"),
    before,
    after,
    comparing: before !== null && after !== null,
    upstream_of: namesIn(query.get("upstream_of")),
    downstream_of: namesIn(query.get("downstream_of")),
    open: new Set(namesIn(query.get("open"))),
    selected: query.get("selected"),
    list: query.get("view") === "list",
    view: at?.length === 3 && at.every(Number.isFinite) ? { x: at[0], y: at[1], scale: at[2] } : null,
  };
}

export type SetAsked = (values: Values, replace?: boolean) => void;

/** Put values into the address, and with them where the graph stands. */
export const setAsked: SetAsked = (values, replace) => {
  putView();
  go(hrefWith(values), replace);
};

/** Go to the lineage of what was found. */
export function choose(hit: Hit): void {
  const subject = full({ ...hit.name, field: undefined });
  go(href("lineage", { subject, column: hit.kind === "column" ? full(hit.name) : null }));
}

/** Show what is next to a dataset, too. */
export function goOn(said: Asked, id: string, way: Way): void {
  const name = way === "upstream" ? "upstream_of" : "downstream_of";
  setAsked({ [name]: listed([...said[name], id]) });
}

/** Put whole names into the address in place of what was typed there, such as `orders.price`. */
export function useWholeNames({ subject }: Asked): void {
  const short = subject.includes("/") ? null : subject;
  const found = useAnswer<Neighbourhood>(short ? "/lineage/graph" : null, { subject: short, depth: 1, datasets: 1 });
  useEffect(() => {
    if (!found.value) return;
    const name = found.value.subject;
    const column = name.field === undefined ? null : full(name);
    setAsked({ subject: full({ ...name, field: undefined }), column }, true);
  }, [found.value]);
}

const REST_MS = 250;

let resting = 0;
let latest: View | null = null;

/** Put where the graph stands into the address, when it has come to rest. */
export function keepView(view: View): void {
  latest = view;
  clearTimeout(resting);
  resting = window.setTimeout(putView, REST_MS);
}

function putView(): void {
  clearTimeout(resting);
  const query = new URLSearchParams(location.search);
  if (latest && query.has("subject")) {
    query.set("at", `${latest.x},${latest.y},${latest.scale}`);
    history.replaceState(null, "", `${location.pathname}?${query}`);
  }
  latest = null;
}

/** Forget where a graph stood that is no longer looked at. */
export function dropView(): void {
  clearTimeout(resting);
  latest = null;
}

window.addEventListener("popstate", dropView);
