// The same as the graph, as a list: for screen readers, for the keyboard, for paper.
import { full, leaf } from "./answers.ts";
import { href } from "./address.ts";
import { words, type Node, type Picture } from "./picture.ts";
import { many } from "./parts.tsx";

export function Outline({ picture, onColumn }: { picture: Picture; onColumn: (id: string, column: string) => void }) {
  const byHops = Map.groupBy(picture.nodes, (node) => node.hops);
  const hops = [...byHops.keys()].sort((a, b) => a - b);
  return (
    <div class="outline">
      {hops.map((hop) => (
        <section key={hop}>
          <h2>{saidOf(hop)}</h2>
          <ul>
            {byHops.get(hop)!.map((node) => (
              <Entry key={node.id} node={node} picture={picture} onColumn={onColumn} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function saidOf(hops: number): string {
  if (!hops) return "The subject";
  return `${many(Math.abs(hops), "hop")} ${hops < 0 ? "upstream" : "downstream"}`;
}

function Entry({ node, picture, onColumn }: { node: Node; picture: Picture; onColumn: (id: string, column: string) => void }) {
  const into = picture.edges.filter((edge) => edge.target === node.id);
  const from = picture.edges.filter((edge) => edge.source === node.id);
  const names = new Map(picture.nodes.map((each) => [each.id, each]));
  const to = node.kind === "model" ? href("models", { model: full(node.name), version: node.version }) : href("lineage", { subject: node.id, view: "list" });
  const list = (edges: typeof into, end: "source" | "target") => (
    <ul class="outline-edges">
      {edges.map((edge) => (
        <li key={edge.source + edge.target + edge.tone}>
          <span class={`tag tag-${edge.tone}`}>{edge.change ?? edge.tone}</span> <bdi>{names.get(edge[end])?.title ?? leaf(edge[end])}</bdi>: {words(edge)}
        </li>
      ))}
    </ul>
  );
  return (
    <li class="outline-entry">
      <p>
        {node.change && <span class={`tag tag-${node.change}`}>{node.change}</span>} <a href={to}><bdi>{node.title}</bdi></a> <small><bdi>{node.subtitle}</bdi></small>
      </p>
      {into.length > 0 && <>comes from{list(into, "source")}</>}
      {from.length > 0 && <>goes into{list(from, "target")}</>}
      {node.hiddenBefore + node.hiddenAfter > 0 && (
        <p class="muted">
          {many(node.hiddenBefore, "dataset")} more upstream, {node.hiddenAfter} more downstream
        </p>
      )}
      {node.columnsCount > 0 && (
        <details>
          <summary>{many(node.columnsCount, "column")}</summary>
          <ul class="outline-columns">
            {node.columns.map((column) => (
              <li key={column}>
                <button type="button" class="link" onClick={() => onColumn(node.id, column)}>
                  <bdi>{column}</bdi>
                </button>
              </li>
            ))}
            {node.columnsCount > node.columns.length && <li class="muted">and {node.columnsCount - node.columns.length} more</li>}
          </ul>
        </details>
      )}
    </li>
  );
}
