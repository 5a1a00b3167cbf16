// The lineage page: a picture of what hangs on what, and beside it what one asks of it.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { listed, type Address } from "../address.ts";
import type { Diff, Impact, Neighbourhood, Path, Reach } from "../answers.ts";
import { useAnswer, type Answer } from "../api.ts";
import { useArrivals } from "../live.ts";
import { Loading, Refused, told, useTitle } from "../parts.tsx";
import { warmUp } from "./arrange.ts";
import { asked, dropView, goOn, keepView, setAsked as set, useWholeNames, type Asked } from "./asked.ts";
import { Differences } from "./changes.tsx";
import { ColumnDetails, Cut, NodeDetails, Overview } from "./details.tsx";
import { Graph } from "./graph.tsx";
import { Outline } from "./outline.tsx";
import { PathSteps } from "./path-steps.tsx";
import { difference, litBy, pictureOf, pictureOfPath, type Lit, type Picture } from "./picture.ts";
import { Start } from "./start.tsx";
import { TimeBar } from "./time-bar.tsx";
import { called, Toolbar } from "./toolbar.tsx";

const REACH = 1000;
const CHANGES = 1000;
const ARRIVALS_MS = 600;

export function LineagePage({ address }: { address: Address }) {
  return address.query.get("subject") ? <Picturing said={asked(address)} restored={address.restored} /> : <Start />;
}

function Picturing({ said, restored }: { said: Asked; restored: number }) {
  const arrivals = useArrivals(["record"], ARRIVALS_MS);
  const again = said.as_of || said.before ? 0 : arrivals;
  const found = useFound(said, again);
  const { impact, up, lit } = useChosen(said, again);
  const printing = usePrinting();
  const last = useRef<Picture | null>(null);
  useTitle(called(said.column ?? said.subject));
  useWholeNames(said);
  useEffect(warmUp, []);
  useEffect(() => dropView, [said.subject, said.to]);
  // Until another picture has come the old one stays: no flicker while a slider is moved.
  if (found.picture) last.current = found.picture;
  const picture = last.current;

  const onColumn = (dataset: string, column: string) => {
    const name = `${dataset}.${column}`;
    set({ column: said.column === name ? null : name, to: null, selected: null });
  };
  const onToggle = (id: string) => {
    const open = new Set(said.open);
    if (!open.delete(id)) open.add(id);
    set({ open: listed(open) }, true);
  };
  const onSelect = (id: string | null) => set({ selected: id, column: id ? said.column : null }, true);
  const actions = { onColumn, onToggle, onSelect, onGoOn: (id: string, way: "upstream" | "downstream") => goOn(said, id, way) };
  const outline = picture && <Outline picture={picture} lit={lit} {...actions} />;
  return (
    <div class={`lineage${said.list ? " lineage-list" : ""}`}>
      <h1 class="quiet-text">{headed(said)}</h1>
      <Toolbar said={said} set={set} />
      <div class="lineage-body">
        <div class="canvas">
          {found.problem ? (
            <Refused problem={found.problem} />
          ) : !picture ? (
            <Loading lines={8} />
          ) : said.list ? (
            outline
          ) : (
            <Graph picture={picture} stale={!found.picture} open={said.open} lit={lit} selected={said.selected} view={said.view} restored={restored} onView={keepView} {...actions} />
          )}
          {printing && !said.list && outline}
          {!said.to && picture && <TimeBar said={said} changes={found.changes} set={set} />}
        </div>
        {picture && !found.problem && (
          <aside class="side" aria-label="Details">
            {picture.cut && <Cut cut={picture.cut} said={said} set={set} />}
            <Beside said={said} picture={picture} path={found.path} impact={impact} up={up} diff={found.diff} onColumn={onColumn} />
          </aside>
        )}
      </div>
    </div>
  );
}

/** Return what the page is about: what heads it on paper. */
function headed(said: Asked): string {
  const what = said.column ?? said.subject;
  if (said.to) return `Path from ${what} to ${said.to}`;
  if (said.comparing) return `Lineage of ${what} between ${told(said.before!)} and ${told(said.after!)}`;
  return `Lineage of ${what}${said.as_of ? ` as of ${told(said.as_of)}` : ""}`;
}

interface BesideProps {
  said: Asked;
  picture: Picture;
  path: Answer<Path>;
  impact: Answer<Impact>;
  up: Answer<Reach>;
  diff: Answer<Diff>;
  onColumn: (id: string, column: string) => void;
}

function Beside({ said, picture, path, impact, up, diff, onColumn }: BesideProps) {
  const node = picture.nodes.find((each) => each.id === said.selected);
  if (said.to) return <PathSteps path={path} said={said} set={set} />;
  if (said.comparing) return <Differences diff={diff} said={said} set={set} />;
  if (said.column) return <ColumnDetails column={said.column} impact={impact} up={up} set={set} />;
  if (node) return <NodeDetails node={node} picture={picture} set={set} onColumn={onColumn} />;
  return <Overview picture={picture} said={said} onColumn={onColumn} />;
}

/** Ask for the picture, and for what belongs to it. */
function useFound(said: Asked, again: number) {
  const { subject, to, comparing } = said;
  const walk = { direct_only: said.values || null };
  const around = { subject, way: said.way, depth: said.depth, datasets: said.datasets, upstream_of: said.upstream_of, downstream_of: said.downstream_of, ...walk };
  const past = comparing || said.as_of !== null;
  const now = useAnswer<Neighbourhood>(to ? null : "/lineage/graph", { ...around, as_of: comparing ? said.after : said.as_of }, again);
  const then = useAnswer<Neighbourhood>(comparing && !to ? "/lineage/graph" : null, { ...around, as_of: said.before });
  const latest = useAnswer<Neighbourhood>(past && !to ? "/lineage/graph" : null, around);
  const diff = useAnswer<Diff>(comparing ? "/lineage/diff" : null, { subject, before: said.before, after: said.after, ...walk, limit: CHANGES });
  const path = useAnswer<Path>(to ? "/lineage/path" : null, { source: said.column ?? subject, target: to, as_of: said.as_of, ...walk });
  const of = [subject, to, said.way, said.depth, said.datasets, comparing].join("\n");
  const picture = useMemo((): Picture | null => {
    if (to) return path.value && pictureOfPath(path.value, of);
    if (!comparing) return now.value && pictureOf(now.value, of);
    if (!now.value || !then.value || !diff.value) return null;
    return difference(pictureOf(then.value, of), pictureOf(now.value, of), diff.value);
  }, [now.value, then.value, diff.value, path.value, of]);
  const changes = (latest.value ?? now.value)?.changes ?? [];
  const problem = [now, then, diff, path].find((answer) => answer.problem)?.problem ?? null;
  return { picture, problem, changes, diff, path };
}

/** What the chosen column acts on and comes from. */
function useChosen(said: Asked, again: number): { impact: Answer<Impact>; up: Answer<Reach>; lit: Lit | null } {
  const column = said.to ? null : said.column;
  const common = { subject: column, as_of: said.after ?? said.as_of, direct_only: said.values || null, kind: "column", limit: REACH };
  const impact = useAnswer<Impact>(column ? "/lineage/impact" : null, common, again);
  const up = useAnswer<Reach>(column ? "/lineage/upstream" : null, common, again);
  const lit = useMemo(() => {
    if (!impact.value || !up.value) return null;
    const { reach, models } = impact.value;
    return litBy(reach.subject, reach.columns, up.value.columns, models);
  }, [impact.value, up.value]);
  return { impact, up, lit };
}

/** Whether the page is being printed: paper gets the list, which nobody else waits for. */
function usePrinting(): boolean {
  const paper = useMemo(() => matchMedia("print"), []);
  const [printing, setPrinting] = useState(paper.matches);
  useEffect(() => {
    const update = () => setPrinting(paper.matches);
    paper.addEventListener("change", update);
    return () => paper.removeEventListener("change", update);
  }, []);
  return printing;
}
