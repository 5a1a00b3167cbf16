// The same as the graph, as a list: for screen readers, for the keyboard, for paper.
import { href } from "../address.ts";
import { full } from "../answers.ts";
import { many } from "../parts.tsx";
import type { Actions } from "./card.tsx";
import { ColumnList } from "./column-list.tsx";
import { EdgeList } from "./edge-list.tsx";
import type { Edge, Lit, Node, Picture } from "./picture.ts";

interface Props extends Pick<Actions, "onColumn" | "onGoOn"> { picture: Picture; lit: Lit | null }

export function Outline({ picture, ...props }: Props) {
  const byHops = Map.groupBy(picture.nodes, (node) => node.hops);
  const hops = [...byHops.keys()].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
  const into = Map.groupBy(picture.edges, (edge) => edge.target);
  const from = Map.groupBy(picture.edges, (edge) => edge.source);
  const nodes = new Map(picture.nodes.map((each) => [each.id, each]));
  return (
    <div class="outline">
      {hops.map((hop) => (
        <section key={hop}>
          <h2>{saidOf(hop)}</h2>
          <ul>
            {byHops.get(hop)!.map((node) => (
              <Entry key={node.id} node={node} nodes={nodes} into={into.get(node.id)} from={from.get(node.id)} {...props} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function saidOf(hops: number | null): string {
  if (hops === null) return "Neither up- nor downstream";
  if (!hops) return "The subject";
  return `${many(Math.abs(hops), "hop")} ${hops < 0 ? "upstream" : "downstream"}`;
}

interface EntryProps extends Omit<Props, "picture"> { node: Node; nodes: Map<string, Node>; into?: Edge[]; from?: Edge[] }

function Entry({ node, nodes, into, from, lit, onColumn, onGoOn }: EntryProps) {
  const to = node.kind === "model" ? href("models", { model: full(node.name), version: node.version }) : href("lineage", { subject: node.id, view: "list" });
  const hidden = [["upstream", node.hiddenBefore], ["downstream", node.hiddenAfter]] as const;
  const tones = lit?.columns.get(node.id);
  return (
    <li class="outline-entry">
      <p>
        {node.change && <span class={`tag tag-${node.change}`}>{node.change}</span>} <a href={to}><bdi>{node.title}</bdi></a> <small><bdi>{node.subtitle}</bdi></small>
      </p>
      {into && <>comes from<EdgeList edges={into} end="source" nodes={nodes} /></>}
      {from && <>goes into<EdgeList edges={from} end="target" nodes={nodes} /></>}
      <p class="names">
        {hidden.map(([way, count]) => count > 0 && (
          <button key={way} type="button" class="link" onClick={() => onGoOn(node.id, way)}>
            Show {many(count, "dataset")} more {way}
          </button>
        ))}
      </p>
      {node.columnsCount > 0 && (
        <details open={tones !== undefined}>
          <summary>{many(node.columnsCount, "column")}</summary>
          <ColumnList id={node.id} columns={node.columns} count={node.columnsCount} tones={tones} onColumn={onColumn} />
        </details>
      )}
    </li>
  );
}
