// What the query API answers, as far as the pages read it.
export interface DatasetName { namespace: string; name: string }
export interface ColumnName extends DatasetName { field: string }
export type Named = DatasetName & { field?: string };
export interface JobName { namespace: string; name: string }
export interface Position { topic: string; partition: number; offset: number }

export interface DatasetNode {
  dataset: DatasetName;
  hops: number | null;
  columns: string[];
  columns_count: number;
  hidden_before: number;
  hidden_after: number;
}
export interface DatasetLink {
  source: number;
  target: number;
  direct: number;
  indirect: number;
  masked: boolean;
  subtypes: string[];
  jobs: JobName[];
  jobs_count: number;
}
export interface ModelNode { namespace: string; name: string; version: string; id: string; versions_count: number }
export interface TrainedOn { dataset: number; model: number; uses: number }
export interface Neighbourhood {
  subject: Named;
  datasets: DatasetNode[];
  links: DatasetLink[];
  models: ModelNode[];
  trained_on: TrainedOn[];
  changes: string[];
  cut: string | null;
  offsets: Position[];
}
export interface Evidence {
  source: Named;
  target: Named;
  job: JobName;
  type: string;
  subtype: string;
  masking: boolean;
  known_by: string | null;
  derivation: string;
}
export interface Related {
  name: Named;
  direct: boolean;
  masked: boolean;
  hops: number;
  before: Named | null;
  evidence: Evidence | null;
}
export interface Reach {
  subject: Named;
  columns: Related[];
  datasets: Related[];
  columns_count: number;
  datasets_count: number;
  hops_max: number;
  cut: string | null;
}
export interface ModelUse { namespace: string; name: string; version: string; id: string; columns: ColumnName[]; direct: boolean }
export interface Impact { reach: Reach; jobs: JobName[]; models: ModelUse[] }
export interface Path { source: Named; target: Named; steps: Related[]; cut: string | null }
export interface Cause { at: string; job: JobName | null; run_id: string | null; repository: string | null; commit: string | null }
interface How { type: string; subtype: string; masking: boolean }
export interface Diff {
  columns: { name: ColumnName; change: string; before: string | null; after: string | null; cause: Cause | null }[];
  edges: { source: Named; target: Named; job: JobName; change: string; before: How[]; after: How[]; cause: Cause | null }[];
  datasets: { name: DatasetName; change: string; previous: DatasetName | null; cause: Cause | null }[];
  jobs: { name: JobName; change: string; cause: Cause | null }[];
  models: { namespace: string; name: string; before: string | null; after: string | null; added: Named[]; removed: Named[]; cause: Cause | null }[];
  counts: { columns: number; edges: number; datasets: number; jobs: number; models: number };
  cut: string | null;
}
export interface Hit { kind: "column" | "dataset" | "job" | "model"; name: Named & { version?: string } }
export interface Search { hits: Hit[]; cut: string | null }
export interface Paged<T> { items: T[]; count: number; next: number | null }
export interface Run {
  run_id: string;
  job: JobName;
  state: string;
  started_at: string;
  at: string;
  parent: string | null;
  inputs: DatasetName[];
  outputs: DatasetName[];
  /** Whether no more than its state was heard of yet. */
  brief?: boolean;
}
export interface ModelInput extends DatasetName {
  version: string | null;
  fields: string[];
  role: string | null;
  version_kind: string | null;
  rows: string | null;
}
export type Scalars = Record<string, string | number | boolean | null>;
export interface Passport {
  id: string;
  model: Model;
  code: Record<"repository" | "commit" | "branch" | "path" | "dirty_diff" | "sql" | "image", string | null> | null;
  environment: { image: string | null; image_digest: string | null; python: string | null; platform: string | null; libraries: Record<string, string>; hardware: Record<string, string> } | null;
}
export interface Model {
  namespace: string;
  name: string;
  version: string;
  run_id: string | null;
  job: JobName | null;
  inputs: ModelInput[];
  hyperparameters: Scalars;
  seeds: Scalars;
  metrics: Record<string, number>;
  framework: string | null;
  artifact_uri: string | null;
  artifact_digest: string | null;
  determinism: Scalars;
  command: string[];
  folder: string | null;
  scheduler: Scalars;
  bases: { namespace: string; name: string; version: string | null; relation: string }[];
  registry: Scalars;
}
export interface DeadLetter {
  position: Position;
  at: string;
  reason: string;
  stage: string;
  error: string;
  source: string;
  size_bytes: number;
}

/** Return what a subject is asked by: its full name. */
export function full(name: Named): string {
  const dataset = `${name.namespace}/${name.name}`;
  return name.field === undefined ? dataset : `${dataset}.${name.field}`;
}

/** Return what people call a dataset: a path's last segment, else the last dotted part. */
export function leaf(name: string): string {
  const path = name.replace(/\/+$/, "");
  return path.slice(path.lastIndexOf(path.includes("/") ? "/" : ".") + 1) || name;
}

export function short(name: Named): string {
  return name.field === undefined ? leaf(name.name) : `${leaf(name.name)}.${name.field}`;
}

/** Return what stands before the leaf: the namespace and the rest of the path. */
export function where(name: DatasetName): string {
  return [name.namespace, before(name)].filter(Boolean).join(" · ");
}

/** Return the same with what tells more in front, for where there is little room. */
export function whereFirst(name: DatasetName): string {
  return [before(name), name.namespace].filter(Boolean).join(" · ");
}

function before({ name }: DatasetName): string {
  return name.slice(0, name.length - leaf(name).length).replace(/[./]+$/, "");
}
