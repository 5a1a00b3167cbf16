import { leaf } from "../answers.ts";
import { words, type Edge, type Node } from "./picture.ts";

interface Props {
  edges: Edge[];
  end: "source" | "target";
  nodes: Map<string, Node>;
  onChoose?: (id: string) => void;
}

/** Where links lead or come from, and what they are. */
export function EdgeList({ edges, end, nodes, onChoose }: Props) {
  return (
    <ul class="edge-list">
      {edges.map((edge) => {
        const name = <bdi>{nodes.get(edge[end])?.title ?? leaf(edge[end])}</bdi>;
        return (
          <li key={edge.source + edge.target + edge.tone}>
            {onChoose ? (
              <button type="button" class="link" onClick={() => onChoose(edge[end])}>
                {name}
              </button>
            ) : (
              name
            )}
            <span class={`tag tag-${edge.change ?? edge.tone}`}>{edge.change ?? edge.tone}</span>
            <small>{words(edge)}</small>
            <small class="muted">{edge.subtypes.join(" · ").toLowerCase().replaceAll("_", " ")}</small>
          </li>
        );
      })}
    </ul>
  );
}
