// What stands beside the picture: of all of it, of a dataset, of a column.
import { href } from "../address.ts";
import { full, leaf, short, where, type Impact, type ModelUse, type Reach, type Related } from "../answers.ts";
import type { Answer } from "../api.ts";
import { Answered, count, many } from "../parts.tsx";
import type { Asked, SetAsked } from "./asked.ts";
import { ColumnList } from "./column-list.tsx";
import { EdgeList } from "./edge-list.tsx";
import { toneOf, type Node, type Picture } from "./picture.ts";
import { called } from "./toolbar.tsx";

type OnColumn = (id: string, column: string) => void;

const PICTURES = [300, 1000, 2000];
const JOBS = 30;

export function Cut({ cut, said, set }: { cut: string; said: Asked; set: SetAsked }) {
  const more = PICTURES.find((size) => size > said.datasets);
  return (
    <div class="notice">
      <strong>There is more: {cut}.</strong>
      <p>
        Go fewer hops or one way only, follow a column, or go on from a <span class="stub-sample">+n</span>.
      </p>
      {more ? (
        <button type="button" class="button" onClick={() => set({ datasets: String(more), at: null })}>
          Show up to {count(more)}
        </button>
      ) : (
        <p>
          Nobody can read a larger picture. <a href={`/api/v1/lineage/downstream?subject=${encodeURIComponent(said.subject)}&limit=1000`}>The API lists all of it</a>, page by page.
        </p>
      )}
    </div>
  );
}

export function Overview({ picture, said, onColumn }: { picture: Picture; said: Asked; onColumn: OnColumn }) {
  const subject = picture.nodes.find((node) => node.id === picture.subject);
  const up = picture.nodes.filter(({ hops }) => hops !== null && hops < 0).length;
  const down = picture.nodes.filter(({ hops }) => hops !== null && hops > 0).length;
  if (!subject) return null;
  return (
    <>
      <Title node={subject} />
      <dl class="figures">
        <div><dt>upstream</dt><dd>{count(up)}</dd></div>
        <div><dt>downstream</dt><dd>{count(down)}</dd></div>
        <div><dt>columns</dt><dd>{count(subject.columnsCount)}</dd></div>
      </dl>
      <p class="muted">Within {many(said.depth, "hop")}. Choose a column to see what rests on it, a dataset for its jobs.</p>
      <h3>Columns</h3>
      <ColumnList id={subject.id} columns={subject.columns} count={subject.columnsCount} onColumn={onColumn} />
    </>
  );
}

function Title({ node }: { node: Node }) {
  return (
    <div>
      <h2>
        <bdi>{node.title}</bdi>
      </h2>
      <p class="muted">
        <bdi>{node.kind === "model" ? node.subtitle : where(node.name)}</bdi>
      </p>
    </div>
  );
}

export function NodeDetails({ node, picture, set, onColumn }: { node: Node; picture: Picture; set: SetAsked; onColumn: OnColumn }) {
  const nodes = new Map(picture.nodes.map((each) => [each.id, each]));
  const into = picture.edges.filter((edge) => edge.target === node.id && edge.source !== node.id);
  const from = picture.edges.filter((edge) => edge.source === node.id && edge.target !== node.id);
  const select = (id: string) => set({ selected: id }, true);
  const to = node.kind === "model" ? href("models", { model: full(node.name), version: node.version }) : href("lineage", { subject: node.id });
  return (
    <>
      <Title node={node} />
      {node.id !== picture.subject && (
        <p>
          <a class="button" href={to}>
            {node.kind === "model" ? "Its passport" : "Centre here"}
          </a>
        </p>
      )}
      {into.length > 0 && <h3>Comes from</h3>}
      <EdgeList edges={into} end="source" nodes={nodes} onChoose={select} />
      {from.length > 0 && <h3>Goes into</h3>}
      <EdgeList edges={from} end="target" nodes={nodes} onChoose={select} />
      {node.kind === "dataset" && (
        <>
          <h3>Columns</h3>
          <ColumnList id={node.id} columns={node.columns} count={node.columnsCount} onColumn={onColumn} />
        </>
      )}
    </>
  );
}

interface ColumnProps { column: string; impact: Answer<Impact>; up: Answer<Reach>; set: SetAsked }

export function ColumnDetails({ column, impact, up, set }: ColumnProps) {
  const name = impact.value?.reach.subject;
  return (
    <>
      <div class="side-head">
        <div>
          <h2>
            <bdi>{name ? short(name) : called(column)}</bdi>
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
      <Answered answer={impact}>{(found) => <Breaking impact={found} set={set} />}</Answered>
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

function Breaking({ impact: { reach, jobs, models }, set }: { impact: Impact; set: SetAsked }) {
  return (
    <>
      <h3>What breaks without it</h3>
      {!reach.columns_count && !jobs.length && !models.length && <p class="muted">Nothing rests on it.</p>}
      {reach.columns_count > 0 && <ByDataset columns={reach.columns} set={set} />}
      {reach.cut && <p class="muted">There is more: {reach.cut}.</p>}
      {models.length > 0 && (
        <>
          <h4>{many(models.length, "model")}</h4>
          <Models models={models} />
        </>
      )}
      {jobs.length > 0 && (
        <>
          <h4>{many(jobs.length, "job")}</h4>
          <p class="names">
            {jobs.slice(0, JOBS).map((job) => (
              <a key={job.namespace + job.name} href={href("runs", { job: `${job.namespace}/${job.name}` })}>
                <bdi>{job.name}</bdi>
              </a>
            ))}
            {jobs.length > JOBS && <span class="muted">and {jobs.length - JOBS} more</span>}
          </p>
        </>
      )}
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

function ByDataset({ columns, set }: { columns: Related[]; set: SetAsked }) {
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
