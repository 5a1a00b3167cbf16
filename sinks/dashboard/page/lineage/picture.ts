// What the graph shows: nodes and edges by name, made of one answer, of two, or of a path.
import { full, leaf, whereFirst, type DatasetName, type Diff, type ModelUse, type Named, type Neighbourhood, type Path, type Related } from "../answers.ts";

export type Tone = "direct" | "masked" | "indirect";
export type Change = "added" | "removed" | null;

export interface Node {
  id: string;
  kind: "dataset" | "model";
  name: DatasetName;
  title: string;
  subtitle: string;
  /** Null where it is neither up- nor downstream. */
  hops: number | null;
  columns: string[];
  columnsCount: number;
  hiddenBefore: number;
  hiddenAfter: number;
  change: Change;
  version?: string;
}

export interface Edge {
  source: string;
  target: string;
  tone: Tone;
  direct: number;
  indirect: number;
  subtypes: string[];
  jobs: string[];
  jobsCount: number;
  change: Change;
}

export interface Picture {
  /** What was asked: a picture of something else is looked at anew. */
  of: string;
  subject: string;
  nodes: Node[];
  edges: Edge[];
  cut: string | null;
}

export function pictureOf(answer: Neighbourhood, of: string): Picture {
  const nodes: Node[] = answer.datasets.map((each) => ({
    id: full(each.dataset),
    kind: "dataset",
    name: each.dataset,
    title: leaf(each.dataset.name),
    subtitle: whereFirst(each.dataset),
    hops: each.hops,
    columns: each.columns,
    columnsCount: each.columns_count,
    hiddenBefore: each.hidden_before,
    hiddenAfter: each.hidden_after,
    change: null,
  }));
  const ids = nodes.map((node) => node.id);
  const edges: Edge[] = answer.links.map((link) => ({
    source: ids[link.source],
    target: ids[link.target],
    tone: !link.direct ? "indirect" : link.masked ? "masked" : "direct",
    direct: link.direct,
    indirect: link.indirect,
    subtypes: link.subtypes,
    jobs: link.jobs.map((job) => job.name),
    jobsCount: link.jobs_count,
    change: null,
  }));
  const models = answer.models.map((model) => `model:${model.namespace}/${model.name}`);
  answer.models.forEach((model, n) => {
    const used = answer.trained_on.filter((each) => each.model === n);
    nodes.push({
      id: models[n],
      kind: "model",
      name: { namespace: model.namespace, name: model.name },
      title: model.name,
      subtitle: `model · ${model.versions_count === 1 ? "1 version" : `${model.versions_count} versions`}`,
      hops: behind(used.map((each) => answer.datasets[each.dataset].hops)),
      columns: [],
      columnsCount: 0,
      hiddenBefore: 0,
      hiddenAfter: 0,
      change: null,
      version: model.version,
    });
  });
  for (const each of answer.trained_on) {
    edges.push({
      source: ids[each.dataset],
      target: models[each.model],
      tone: "direct",
      direct: each.uses,
      indirect: 0,
      subtypes: ["TRAINED_ON"],
      jobs: [],
      jobsCount: 0,
      change: null,
    });
  }
  return { of, subject: ids[0], nodes, edges, cut: answer.cut };
}

/** Return the hops of what is made of datasets: of those upstream, one cannot tell. */
function behind(hops: (number | null)[]): number | null {
  const known = hops.filter((each) => each !== null && each >= 0) as number[];
  return known.length ? 1 + Math.max(...known) : null;
}

/** Return both pictures in one, with what changed in between marked.
 *
 * What is in one picture only may just be too far away in the other: links are marked where the
 * list of changes names them, and a dataset where all that ties it to the rest came or went.
 */
export function difference(before: Picture, after: Picture, diff: Diff): Picture {
  const touched = touchedBy(diff);
  const mark = (edge: Edge, change: Change) => ({ ...edge, change: touched(edge) ? change : null });
  const edges = [...onlyIn(after.edges, before.edges, keyOf).map((edge) => mark(edge, "added")), ...inBoth(after.edges, before.edges, keyOf), ...onlyIn(before.edges, after.edges, keyOf).map((edge) => mark(edge, "removed"))];
  const id = (node: Node) => node.id;
  const both = inBoth(after.nodes, before.nodes, id);
  const turned = turnedBy(edges, new Set(both.map(id)));
  const nodes = [...onlyIn(after.nodes, before.nodes, id).map(turned), ...both, ...onlyIn(before.nodes, after.nodes, id).map(turned)];
  return { of: after.of, subject: after.subject, nodes, edges, cut: after.cut ?? before.cut };
}

function keyOf(edge: Edge): string {
  return `${edge.source}\n${edge.target}\n${edge.tone}`;
}

function onlyIn<T>(items: T[], others: T[], key: (item: T) => string): T[] {
  const known = new Set(others.map(key));
  return items.filter((item) => !known.has(key(item)));
}

function inBoth<T>(items: T[], others: T[], key: (item: T) => string): T[] {
  const known = new Set(others.map(key));
  return items.filter((item) => known.has(key(item)));
}

/** Return whether the list of changes names a link; where it was cut, whatever could have changed did. */
function touchedBy(diff: Diff): (edge: Edge) => boolean {
  if (diff.counts.edges > diff.edges.length || diff.counts.models > diff.models.length) return () => true;
  const dataset = ({ namespace, name }: Named) => full({ namespace, name });
  const pairs = new Set(diff.edges.map((each) => `${dataset(each.source)}\n${dataset(each.target)}`));
  const trained = new Set<string>();
  for (const model of diff.models) {
    const id = `model:${model.namespace}/${model.name}`;
    if (model.before === null || model.after === null) trained.add(id);
    for (const each of [...model.added, ...model.removed]) pairs.add(`${dataset(each)}\n${id}`);
  }
  return ({ source, target }) => trained.has(target) || pairs.has(`${source}\n${target}`);
}

/** Return what marks a node of one picture: its links to what is in both, if they changed alike. */
function turnedBy(edges: Edge[], both: Set<string>): (node: Node) => Node {
  const changes = new Map<string, Set<Change>>();
  const note = (end: string, other: string, change: Change) => both.has(other) && changes.set(end, (changes.get(end) ?? new Set()).add(change));
  for (const { source, target, change } of edges) {
    note(source, target, change);
    note(target, source, change);
  }
  return (node) => {
    const [change = null, ...others] = changes.get(node.id) ?? [];
    return { ...node, change: others.length ? null : change };
  };
}

/** Return the datasets of a path, one after another. */
export function pictureOfPath(path: Path, of: string): Picture {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const add = (name: Named, hops: number) => {
    const dataset = { namespace: name.namespace, name: name.name };
    const id = full(dataset);
    const known = nodes.get(id);
    const columns = name.field === undefined || known?.columns.includes(name.field) ? [] : [name.field];
    if (known) known.columns.push(...columns);
    else {
      nodes.set(id, {
        id,
        kind: "dataset",
        name: dataset,
        title: leaf(name.name),
        subtitle: whereFirst(dataset),
        hops,
        columns,
        columnsCount: 0,
        hiddenBefore: 0,
        hiddenAfter: 0,
        change: null,
      });
    }
    return id;
  };
  add(path.source, 0);
  for (const step of path.steps) {
    const source = step.before ? add(step.before, step.hops - 1) : full(path.source);
    const target = add(step.name, step.hops);
    const said = step.evidence;
    if (source === target || !said) continue;
    edges.set(`${source}\n${target}`, {
      source,
      target,
      tone: toneOf(step),
      direct: said.type === "DIRECT" ? 1 : 0,
      indirect: said.type === "DIRECT" ? 0 : 1,
      subtypes: [said.subtype],
      jobs: [said.job.name],
      jobsCount: 1,
      change: null,
    });
  }
  return { of, subject: full({ namespace: path.source.namespace, name: path.source.name }), nodes: [...nodes.values()], edges: [...edges.values()], cut: path.cut };
}

export function toneOf(related: Related): Tone {
  return !related.direct ? "indirect" : related.masked ? "masked" : "direct";
}

/** What a column lights up: for each dataset its columns and how they hang on it, and the lines. */
export interface Lit {
  column: Named;
  columns: Map<string, Map<string, Tone | "subject">>;
  datasets: Map<string, Tone | "subject">;
  lines: { source: Named; target: Named | string; tone: Tone }[];
}

export function litBy(column: Named, down: Related[], up: Related[], models: ModelUse[]): Lit {
  const lit: Lit = { column, columns: new Map(), datasets: new Map(), lines: [] };
  const note = (name: Named, tone: Tone | "subject") => {
    const id = full({ namespace: name.namespace, name: name.name });
    if (!lit.datasets.has(id) || tone === "direct") lit.datasets.set(id, tone);
    if (name.field === undefined) return;
    if (!lit.columns.has(id)) lit.columns.set(id, new Map());
    lit.columns.get(id)!.set(name.field, tone);
  };
  for (const each of down) {
    note(each.name, toneOf(each));
    if (each.before) lit.lines.push({ source: each.before, target: each.name, tone: toneOf(each) });
  }
  for (const each of up) {
    note(each.name, toneOf(each));
    if (each.before) lit.lines.push({ source: each.name, target: each.before, tone: toneOf(each) });
  }
  note(column, "subject");
  for (const model of models) {
    const id = `model:${model.namespace}/${model.name}`;
    lit.datasets.set(id, model.direct ? "direct" : (lit.datasets.get(id) ?? "indirect"));
    for (const source of model.columns) {
      const tone = lit.columns.get(full({ namespace: source.namespace, name: source.name }))?.get(source.field);
      if (tone) lit.lines.push({ source, target: id, tone: tone === "subject" ? "direct" : tone });
    }
  }
  return lit;
}

/** Say in words what an edge is: what the list reads out, and what the graph shows on hover. */
export function words(edge: Edge): string {
  const parts: string[] = [];
  if (edge.subtypes[0] === "TRAINED_ON") return edge.direct === 1 ? "trained on it" : `trained on ${edge.direct} columns`;
  if (edge.direct) parts.push(`${edge.direct} ${edge.tone === "masked" ? "masked " : ""}${edge.direct === 1 ? "value" : "values"}`);
  if (edge.indirect) parts.push(`${edge.indirect} ${edge.indirect === 1 ? "influence" : "influences"}`);
  const jobs = edge.jobs.join(", ") + (edge.jobsCount > edge.jobs.length ? ` and ${edge.jobsCount - edge.jobs.length} more` : "");
  return `${parts.join(", ")}${jobs ? ` by ${jobs}` : ""}`;
}
