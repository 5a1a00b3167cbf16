import type { ComponentChildren, VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { go, href, hrefWith, type Address, type Values } from "./address.ts";
import { full, leaf, short, where, type Cause, type Diff, type DatasetName, type Hit, type Impact, type ModelUse, type Named, type Neighbourhood, type Path, type Reach, type Related, type Run, type Paged } from "./answers.ts";
import { useAnswer, type Answer } from "./api.ts";
import { warmUp } from "./arrange.ts";
import { Graph, type View } from "./graph.tsx";
import { useArrivals } from "./live.ts";
import { Outline } from "./outline.tsx";
import { Answered, count, DatasetLinkTo, Empty, Heading, Loading, many, Refused, Time, told } from "./parts.tsx";
import { difference, litBy, pictureOf, pictureOfPath, toneOf, words, type Lit, type Picture } from "./picture.ts";
import { SearchBox } from "./search.tsx";

const DEPTH = 3;
const DEPTHS = [1, 2, 3, 4, 6, 10, 20, 50];
const PICTURE = 300;
const PICTURES = [300, 1000, 2000];

/** What the address says of this page. */
interface Asked {
  subject: string | null;
  column: string | null;
  to: string | null;
  way: string;
  depth: number;
  datasets: number;
  values: boolean;
  as_of: string | null;
  before: string | null;
  after: string | null;
  open: Set<string>;
  selected: string | null;
  list: boolean;
  view: View | null;
}

function asked({ query }: Address): Asked {
  const at = query.get("at")?.split(",").map(Number);
  return {
    subject: query.get("subject"),
    column: query.get("column"),
    to: query.get("to"),
    way: query.get("way") ?? "both",
    depth: Number(query.get("depth")) || DEPTH,
    datasets: Number(query.get("datasets")) || PICTURE,
    values: query.get("values") === "only",
    as_of: query.get("as_of"),
    before: query.get("before"),
    after: query.get("after"),
    open: new Set(query.getAll("open").flatMap((names) => names.split("|").map(decodeURIComponent))),
    selected: query.get("selected"),
    list: query.get("view") === "list",
    view: at?.length === 3 && at.every(Number.isFinite) ? { x: at[0], y: at[1], scale: at[2] } : null,
  };
}

export function LineagePage({ address }: { address: Address }) {
  const subject = address.query.get("subject");
  return subject ? <Picturing address={address} /> : <Start />;
}

function Start() {
  const runs = useAnswer<Paged<Run>>("/runs", { limit: 40 }, useArrivals(["record"], 1000));
  const datasets = new Map<string, DatasetName>();
  for (const run of runs.value?.items ?? []) for (const each of run.outputs) datasets.set(full(each), each);
  return (
    <div class="start">
      <Heading title="Lineage" />
      <p class="lead">Which column comes from where, and what rests on it.</p>
      <SearchBox label="Find a column or dataset" placeholder="Find a column or dataset" kinds={["column", "dataset"]} focus choose={(hit) => choose(hit)} />
      <h2>Written of late</h2>
      <Answered answer={runs}>
        {() =>
          datasets.size ? (
            <ul class="chips">
              {[...datasets.values()].slice(0, 18).map((name) => (
                <li key={full(name)}>
                  <DatasetLinkTo name={name} />
                </li>
              ))}
            </ul>
          ) : (
            <Empty title="Nothing was written yet">
              As soon as a job tells of a run, its datasets stand here. <code>headwater demo</code> brings some.
            </Empty>
          )
        }
      </Answered>
    </div>
  );
}

function choose(hit: Hit, values: Values = {}): void {
  const subject = full({ ...hit.name, field: undefined });
  go(href("lineage", { ...values, subject, column: hit.kind === "column" ? full(hit.name) : null }));
}

function Picturing({ address }: { address: Address }) {
  const said = asked(address);
  useEffect(warmUp, []);
  useWholeNames(said);
  const arrivals = useArrivals(["record"], 600);
  const again = said.as_of || said.before ? 0 : arrivals;
  const walk = { direct_only: said.values || null };
  const around = { subject: said.subject, way: said.way, depth: said.depth, datasets: said.datasets, ...walk };
  const comparing = said.before !== null && said.after !== null;
  const now = useAnswer<Neighbourhood>(said.to ? null : "/lineage/graph", { ...around, as_of: comparing ? said.after : said.as_of }, again);
  const then = useAnswer<Neighbourhood>(comparing && !said.to ? "/lineage/graph" : null, { ...around, as_of: said.before });
  const latest = useAnswer<Neighbourhood>(said.to || !(comparing || said.as_of) ? null : "/lineage/graph", around);
  const diff = useAnswer<Diff>(comparing ? "/lineage/diff" : null, { subject: said.subject, before: said.before, after: said.after, ...walk, limit: 100 });
  const path = useAnswer<Path>(said.to ? "/lineage/path" : null, { source: said.column ?? said.subject, target: said.to, as_of: said.as_of, ...walk });
  const chosen = useChosen(said, again);
  const picture = useMemo(() => drawn(said, now.value, then.value, path.value), [now.value, then.value, path.value]);
  const printing = usePrinting();
  const failed = [now, then, path].find((answer) => answer.problem)?.problem;
  const changes = (latest.value ?? now.value)?.changes ?? [];

  const set = (values: Values, replace = false) => go(hrefWith(address, values), replace);
  const lightUp = (dataset: string, column: string) => {
    const name = `${dataset}.${column}`;
    set({ column: said.column === name ? null : name, to: null, selected: null });
  };
  const toggle = (id: string) => {
    const open = new Set(said.open);
    if (!open.delete(id)) open.add(id);
    set({ open: [...open].map(encodeURIComponent).join("|") }, true);
  };
  return (
    <div class={`lineage${said.list ? " lineage-list" : ""}`}>
      <Toolbar said={said} set={set} />
      <div class="lineage-body">
        <div class="canvas">
          {failed ? (
            <Refused problem={failed} />
          ) : !picture ? (
            <Loading lines={8} />
          ) : said.list ? (
            <Outline picture={picture} onColumn={lightUp} />
          ) : (
            <>
              <Graph
                picture={picture}
                open={said.open}
                lit={chosen.lit}
                selected={said.selected}
                view={said.view}
                onView={keepView}
                onSelect={(id) => set({ selected: id, column: id ? said.column : null }, true)}
                onToggle={toggle}
                onColumn={lightUp}
                onStub={(id, way) => set({ subject: id, way, column: null, selected: null, at: null })}
              />
              {printing && <Outline picture={picture} onColumn={lightUp} />}
            </>
          )}
          {!said.to && picture && <TimeBar said={said} changes={changes} set={set} />}
        </div>
        <aside class="side" aria-label="Details">
          {picture?.cut && <Cut cut={picture.cut} said={said} set={set} />}
          {said.to ? (
            <PathSteps path={path} said={said} set={set} />
          ) : comparing ? (
            <Differences diff={diff} said={said} set={set} />
          ) : said.column ? (
            <ColumnDetails chosen={chosen} said={said} set={set} />
          ) : said.selected && picture?.nodes.some((node) => node.id === said.selected) ? (
            <NodeDetails picture={picture} said={said} set={set} onColumn={lightUp} />
          ) : (
            picture && <Overview picture={picture} said={said} />
          )}
        </aside>
      </div>
    </div>
  );
}

function drawn(said: Asked, now: Neighbourhood | null, then: Neighbourhood | null, path: Path | null): Picture | null {
  if (said.to) return path && pictureOfPath(path);
  if (!now) return null;
  if (said.before && said.after) return then && difference(pictureOf(then), pictureOf(now));
  return pictureOf(now);
}

/** Put whole names into the address in place of what was typed there, such as `orders.price`. */
function useWholeNames({ subject }: Asked): void {
  const short = subject?.includes("/") ? null : subject;
  const found = useAnswer<Neighbourhood>(short ? "/lineage/graph" : null, { subject: short, depth: 1, datasets: 1 });
  useEffect(() => {
    if (!found.value) return;
    const name = found.value.subject;
    const column = name.field === undefined ? null : full(name);
    go(hrefWith({ page: "lineage", query: new URLSearchParams(location.search) }, { subject: full({ ...name, field: undefined }), column }), true);
  }, [found.value]);
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

let keeping = 0;

/** Put where the graph stands into the address, when it has come to rest. */
function keepView({ x, y, scale }: View): void {
  clearTimeout(keeping);
  keeping = window.setTimeout(() => {
    const query = new URLSearchParams(location.search);
    if (!query.has("subject")) return;
    query.set("at", `${x},${y},${scale}`);
    history.replaceState(null, "", `${location.pathname}?${query}`);
  }, 250);
}

interface Chosen { lit: Lit | null; impact: Answer<Impact>; up: Answer<Reach> }

/** What the chosen column acts on and comes from. */
function useChosen(said: Asked, again: number): Chosen {
  const column = said.to ? null : said.column;
  const common = { subject: column, as_of: said.after ?? said.as_of, direct_only: said.values || null, kind: "column", limit: 1000 };
  const impact = useAnswer<Impact>(column ? "/lineage/impact" : null, common, again);
  const up = useAnswer<Reach>(column ? "/lineage/upstream" : null, common, again);
  const lit = useMemo(() => {
    if (!impact.value || !up.value) return null;
    const { reach, models } = impact.value;
    return litBy(reach.subject, reach.columns, up.value.columns, models);
  }, [impact.value, up.value]);
  return { lit, impact, up };
}

type Set_ = (values: Values, replace?: boolean) => void;

function Toolbar({ said, set }: { said: Asked; set: Set_ }) {
  const ways: [string, string, string][] = [["upstream", "←", "Upstream"], ["both", "↔", "Both ways"], ["downstream", "→", "Downstream"]];
  const depths = DEPTHS.includes(said.depth) ? DEPTHS : [...DEPTHS, said.depth].sort((a, b) => a - b);
  return (
    <div class="toolbar" role="toolbar" aria-label="What to show">
      <h1 class="quiet-text">Lineage of {said.subject}</h1>
      <SearchBox label="Of which column or dataset" placeholder="Column or dataset" kinds={["column", "dataset"]} value={shown(said.column ?? said.subject!)} choose={(hit) => choose(hit)} />
      <span class="arrow-to" aria-hidden="true">→</span>
      <SearchBox label="Path to which column or dataset" placeholder="path to …" kinds={["column", "dataset"]} value={said.to ? shown(said.to) : ""} choose={(hit) => set({ to: full(hit.name), selected: null, at: null })} />
      {said.to && (
        <button type="button" class="button button-quiet" onClick={() => set({ to: null, at: null })}>
          ✕ path
        </button>
      )}
      <div class="segments" role="group" aria-label="Direction">
        {ways.map(([way, mark, title]) => (
          <button key={way} type="button" aria-pressed={said.way === way} title={title} aria-label={title} onClick={() => set({ way: way === "both" ? null : way, at: null })}>
            {mark}
          </button>
        ))}
      </div>
      <label class="field">
        Hops
        <select value={said.depth} onChange={(event) => set({ depth: event.currentTarget.value, at: null })}>
          {depths.map((depth) => (
            <option key={depth} value={depth}>
              {depth}
            </option>
          ))}
        </select>
      </label>
      <label class="field" title="Leave out filters, joins, groups and the like">
        <input type="checkbox" checked={said.values} onChange={(event) => set({ values: event.currentTarget.checked ? "only" : null })} />
        Values only
      </label>
      <span class="spring" />
      <div class="segments" role="group" aria-label="Form">
        <button type="button" aria-pressed={!said.list} onClick={() => set({ view: null })}>
          Graph
        </button>
        <button type="button" aria-pressed={said.list} onClick={() => set({ view: "list" })}>
          List
        </button>
      </div>
    </div>
  );
}

/** Return what people call a name: its last two parts. */
function shown(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).split(".").slice(-2).join(".");
}

function TimeBar({ said, changes, set }: { said: Asked; changes: string[]; set: Set_ }) {
  const comparing = said.before !== null && said.after !== null;
  const last = changes.length;
  const place = (time: string | null) => {
    if (time === null) return last;
    const found = changes.findLastIndex((each) => Date.parse(each) <= Date.parse(time));
    return Math.max(0, found);
  };
  const slide = (name: string, time: string | null, title: string) => (
    <label class="slide">
      <span>{title}</span>
      <input
        type="range"
        min={0}
        max={comparing ? Math.max(0, last - 1) : last}
        value={place(time)}
        disabled={!last}
        aria-valuetext={time ? told(time) : "now"}
        list="changes"
        onInput={(event) => set({ [name]: changes[Number(event.currentTarget.value)] ?? null }, true)}
      />
      <output>{time ? told(time) : "now"}</output>
    </label>
  );
  const compare = () => (comparing ? set({ before: null, after: null }) : set({ before: changes[0], after: changes[last - 1], as_of: null, at: null }));
  return (
    <div class="time-bar" role="group" aria-label="Time">
      {comparing ? (
        <>
          {slide("before", said.before, "From")}
          {slide("after", said.after, "To")}
        </>
      ) : (
        slide("as_of", said.as_of, "As of")
      )}
      <button type="button" class="button button-quiet" aria-pressed={comparing} disabled={last < 2} onClick={compare}>
        {comparing ? "✕ compare" : "Compare two times"}
      </button>
      {said.as_of && !comparing && (
        <button type="button" class="button button-quiet" onClick={() => set({ as_of: null })}>
          Now
        </button>
      )}
      <datalist id="changes">
        {changes.map((_, n) => (
          <option key={n} value={n} />
        ))}
      </datalist>
    </div>
  );
}

function Cut({ cut, said, set }: { cut: string; said: Asked; set: Set_ }) {
  const more = PICTURES.find((size) => size > said.datasets);
  return (
    <div class="notice">
      <strong>There is more: {cut}.</strong>
      <p>
        Go fewer hops or one way only, follow a column, or centre on a <span class="stub-sample">+n</span>.
      </p>
      {more ? (
        <button type="button" class="button" onClick={() => set({ datasets: String(more), at: null })}>
          Show up to {count(more)}
        </button>
      ) : (
        <p>
          Nobody can read a larger picture. <a href={`/api/v1/lineage/downstream?subject=${encodeURIComponent(said.subject!)}&limit=1000`}>The API lists all of it</a>, page by page.
        </p>
      )}
    </div>
  );
}

function Overview({ picture, said }: { picture: Picture; said: Asked }) {
  const subject = picture.nodes.find((node) => node.id === picture.subject);
  const up = picture.nodes.filter((node) => node.hops < 0).length;
  const down = picture.nodes.filter((node) => node.hops > 0).length;
  return (
    <>
      <h2>
        <bdi>{subject?.title}</bdi>
      </h2>
      <p class="muted">
        <bdi>{subject?.subtitle}</bdi>
      </p>
      <dl class="figures">
        <div><dt>upstream</dt><dd>{count(up)}</dd></div>
        <div><dt>downstream</dt><dd>{count(down)}</dd></div>
        <div><dt>columns</dt><dd>{count(subject?.columnsCount ?? 0)}</dd></div>
      </dl>
      <p class="muted">Within {many(said.depth, "hop")}. Choose a dataset for its jobs, or unfold one and choose a column to see what rests on it.</p>
      <h3>Columns</h3>
      <ColumnLinks id={picture.subject} columns={subject?.columns ?? []} count={subject?.columnsCount ?? 0} said={said} />
    </>
  );
}

function ColumnLinks({ id, columns, count: all, said }: { id: string; columns: string[]; count: number; said: Asked }) {
  if (!all) return <p class="muted">None are known.</p>;
  return (
    <ul class="column-links">
      {columns.map((column) => (
        <li key={column}>
          <a href={href("lineage", { subject: said.subject, way: said.way === "both" ? null : said.way, depth: String(said.depth), column: `${id}.${column}`, as_of: said.as_of })}>
            <bdi>{column}</bdi>
          </a>
        </li>
      ))}
      {all > columns.length && <li class="muted">and {all - columns.length} more</li>}
    </ul>
  );
}

function NodeDetails({ picture, said, set, onColumn }: { picture: Picture; said: Asked; set: Set_; onColumn: (id: string, column: string) => void }) {
  const node = picture.nodes.find((each) => each.id === said.selected)!;
  const titles = new Map(picture.nodes.map((each) => [each.id, each.title]));
  const list = (title: string, edges: typeof picture.edges, end: "source" | "target") =>
    edges.length > 0 && (
      <>
        <h3>{title}</h3>
        <ul class="edge-list">
          {edges.map((edge) => (
            <li key={edge.source + edge.target + edge.tone}>
              <button type="button" class="link" onClick={() => set({ selected: edge[end] }, true)}>
                <bdi>{titles.get(edge[end])}</bdi>
              </button>
              <span class={`tag tag-${edge.tone}`}>{edge.tone}</span>
              <small>{words(edge)}</small>
              <small class="muted">{edge.subtypes.join(" · ").toLowerCase().replaceAll("_", " ")}</small>
            </li>
          ))}
        </ul>
      </>
    );
  return (
    <>
      <h2>
        <bdi>{node.title}</bdi>
      </h2>
      <p class="muted">
        <bdi>{node.subtitle}</bdi>
      </p>
      {node.kind === "model" ? (
        <p>
          <a class="button" href={href("models", { model: full(node.name), version: node.version })}>
            Its passport
          </a>
        </p>
      ) : (
        node.id !== picture.subject && (
          <p>
            <a class="button" href={href("lineage", { subject: node.id })}>
              Centre here
            </a>
          </p>
        )
      )}
      {list("Comes from", picture.edges.filter((edge) => edge.target === node.id && edge.source !== node.id), "source")}
      {list("Goes into", picture.edges.filter((edge) => edge.source === node.id && edge.target !== node.id), "target")}
      {node.columnsCount > 0 && <h3>{many(node.columnsCount, "column")}</h3>}
      <ul class="column-links">
        {node.columns.map((column) => (
          <li key={column}>
            <button type="button" class="link" onClick={() => onColumn(node.id, column)}>
              <bdi>{column}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function ColumnDetails({ chosen: { impact, up }, said, set }: { chosen: Chosen; said: Asked; set: Set_ }) {
  const name = impact.value?.reach.subject;
  return (
    <>
      <div class="side-head">
        <div>
          <h2>
            <bdi>{name ? short(name) : shown(said.column!)}</bdi>
          </h2>
          {name && (
            <p class="muted">
              <bdi>{where(name)}</bdi>
            </p>
          )}
        </div>
        <button type="button" class="icon-button" aria-label="Let go of the column" title="Let go of the column" onClick={() => set({ column: null })}>
          ✕
        </button>
      </div>
      <Answered answer={impact}>
        {({ reach, jobs, models }) => (
          <>
            <h3>What breaks without it</h3>
            {!reach.columns_count && !jobs.length && !models.length && <p class="muted">Nothing rests on it.</p>}
            <ByDataset columns={reach.columns} set={set} />
            {reach.cut && <p class="muted">There is more: {reach.cut}.</p>}
            {models.length > 0 && (
              <>
                <h4>Models</h4>
                <Models models={models} />
              </>
            )}
            {jobs.length > 0 && (
              <>
                <h4>{many(jobs.length, "job")}</h4>
                <p class="names">
                  {jobs.slice(0, 30).map((job) => (
                    <a key={job.namespace + job.name} href={href("runs", { job: `${job.namespace}/${job.name}` })}>
                      <bdi>{job.name}</bdi>
                    </a>
                  ))}
                </p>
              </>
            )}
          </>
        )}
      </Answered>
      <Answered answer={up}>
        {(reach) => (
          <>
            <h3>Where it comes from</h3>
            {reach.columns_count ? <ByDataset columns={reach.columns} set={set} /> : <p class="muted">No column is known before it.</p>}
          </>
        )}
      </Answered>
    </>
  );
}

function Models({ models }: { models: ModelUse[] }) {
  return (
    <ul class="plain">
      {models.map((model) => (
        <li key={model.id}>
          <a href={href("models", { model: `${model.namespace}/${model.name}`, version: model.version })}>
            <bdi>{model.name}</bdi>
          </a>{" "}
          <span class={`tag tag-${model.direct ? "direct" : "indirect"}`}>{model.direct ? "direct" : "indirect"}</span>
        </li>
      ))}
    </ul>
  );
}

function ByDataset({ columns, set }: { columns: Related[]; set: Set_ }) {
  const groups = Map.groupBy(columns, (each) => `${each.name.namespace}/${each.name.name}`);
  return (
    <ul class="by-dataset">
      {[...groups].map(([id, found]) => (
        <li key={id}>
          <bdi class="by-name" title={id}>{leaf(found[0].name.name)}</bdi>
          <span class="names">
            {found.map((each) => (
              <button key={full(each.name)} type="button" class={`name-${toneOf(each)}`} title={`${toneOf(each)}, ${many(each.hops, "hop")}: ${full(each.name)}`} onClick={() => set({ column: full(each.name) })}>
                <bdi>{each.name.field}</bdi>
                <span class="quiet-text">{toneOf(each)}</span>
              </button>
            ))}
          </span>
        </li>
      ))}
    </ul>
  );
}

function PathSteps({ path, said, set }: { path: Answer<Path>; said: Asked; set: Set_ }) {
  return (
    <>
      <h2>The strongest path</h2>
      <Answered answer={path}>
        {(found) =>
          found.steps.length ? (
            <ol class="steps">
              <Step name={found.source} />
              {found.steps.map((step) => (
                <Step key={full(step.name)} name={step.name} related={step} />
              ))}
            </ol>
          ) : (
            <Empty title="No way leads there">
              {found.cut ? `As far as was looked: ${found.cut}.` : "Values and influence go downstream only: try it the other way round."}{" "}
              <button type="button" class="link" onClick={() => set({ subject: said.to, column: null, to: said.column ?? said.subject, at: null })}>
                Turn it round
              </button>
            </Empty>
          )
        }
      </Answered>
    </>
  );
}

function Step({ name, related }: { name: Named; related?: Related }) {
  const said = related?.evidence;
  return (
    <li>
      {related && said && (
        <p class="step-by">
          <span class={`tag tag-${said.type === "DIRECT" ? (said.masking ? "masked" : "direct") : "indirect"}`}>{said.subtype.toLowerCase().replaceAll("_", " ")}</span>
          {said.masking && " masked"} by <bdi>{said.job.name}</bdi>
          {said.known_by && <small class="muted"> · {said.known_by}</small>}
        </p>
      )}
      <strong>
        <bdi>{short(name)}</bdi>
      </strong>
    </li>
  );
}

function Differences({ diff, said, set }: { diff: Answer<Diff>; said: Asked; set: Set_ }) {
  return (
    <>
      <h2>What changed</h2>
      <p class="muted">
        <Time at={said.before!} /> to <Time at={said.after!} />
      </p>
      <Answered answer={diff}>
        {({ columns, edges, datasets, models, counts, cut }) => (
          <>
            <Changes title="dataset" count={counts.datasets}>
              {datasets.map((each) => (
                <Changed key={full(each.name) + each.change} change={each.change} cause={each.cause}>
                  <bdi>{short(each.name)}</bdi>
                  {each.previous && (
                    <>
                      , before <bdi>{short(each.previous)}</bdi>
                    </>
                  )}
                </Changed>
              ))}
            </Changes>
            <Changes title="column" count={counts.columns}>
              {columns.map((each) => (
                <Changed key={full(each.name)} change={each.change} cause={each.cause}>
                  <bdi>{short(each.name)}</bdi>
                  {each.before && each.after && <span class="muted"> {`${each.before} → ${each.after}`}</span>}
                </Changed>
              ))}
            </Changes>
            <Changes title="link" count={counts.edges}>
              {edges.map((each) => (
                <Changed key={full(each.source) + full(each.target) + each.job.name} change={each.change} cause={each.cause}>
                  <bdi>{short(each.source)}</bdi> → <bdi>{short(each.target)}</bdi>{" "}
                  <span class="muted">{[...each.before, ...each.after].map((how) => how.subtype.toLowerCase().replaceAll("_", " ")).join(", ")}</span>
                </Changed>
              ))}
            </Changes>
            <Changes title="model" count={counts.models}>
              {models.map((each) => (
                <Changed key={full(each)} change={each.before ? "retrained" : "added"} cause={each.cause}>
                  <a href={href("models", { model: full(each), version: each.after })}>
                    <bdi>{each.name}</bdi>
                  </a>{" "}
                  {[...each.added.map((name) => `+${short(name)}`), ...each.removed.map((name) => `−${short(name)}`)].join(" ")}
                </Changed>
              ))}
            </Changes>
            {!Object.values(counts).some(Boolean) && <p class="muted">Nothing up- or downstream of it did.</p>}
            {cut && <p class="muted">There is more: {cut}.</p>}
          </>
        )}
      </Answered>
      <button type="button" class="button button-quiet" onClick={() => set({ before: null, after: null })}>
        Back to one time
      </button>
    </>
  );
}

function Changes({ title, count: all, children }: { title: string; count: number; children: VNode[] }) {
  if (!all) return null;
  return (
    <>
      <h3>{many(all, title)}</h3>
      <ul class="links">
        {children}
        {all > children.length && <li class="muted">and {count(all - children.length)} more</li>}
      </ul>
    </>
  );
}

/** A change, and by which run and commit it came. */
function Changed({ change, cause, children }: { change: string; cause: Cause | null; children: ComponentChildren }) {
  const tone = { added: "added", removed: "removed", dropped: "removed" }[change] ?? "warn";
  return (
    <li>
      <span class={`tag tag-${tone}`}>{change}</span> {children}
      {cause && (
        <small class="muted">
          {cause.run_id ? (
            <a href={href("runs", { run: cause.run_id })}>
              <bdi>{cause.job?.name ?? "its run"}</bdi>
            </a>
          ) : (
            <bdi>{cause.job?.name}</bdi>
          )}
          {cause.commit && (
            <>
              {" "}
              at <code title={cause.commit}>{cause.commit.slice(0, 10)}</code>
            </>
          )}{" "}
          · <Time at={cause.at} />
        </small>
      )}
    </li>
  );
}
