// Lines and cards of an arranged picture.
import { Component } from "preact";
import { full, type Named } from "../answers.ts";
import { Card, CARD_WIDTH, HEAD, ROW, type Actions, type Row } from "./card.tsx";
import type { Picture as Places } from "./layout.ts";
import { words, type Edge, type Lit, type Picture } from "./picture.ts";

/** With more than so many nodes, only what is in sight is laid out, and lines say nothing. */
export const MANY = 600;

export interface Arranged { picture: Picture; rows: Row[][]; places: Places }

interface Props {
  arranged: Arranged;
  open: Set<string>;
  lit: Lit | null;
  selected: string | null;
  focus: string;
  does: Actions;
}

export function Drawing({ arranged, open, lit, selected, focus, does }: Props) {
  const { picture, rows, places } = arranged;
  return (
    <>
      <svg class="lines" width={places.width} height={places.height} aria-hidden="true">
        <Ends />
        {picture.nodes.length > MANY ? (
          <ManyLines arranged={arranged} near={selected} />
        ) : (
          picture.edges.map((edge, n) => <Line key={`${edge.source}\n${edge.target}\n${edge.tone}`} edge={edge} d={pathOf(edge, n, arranged)} near={isNear(edge, selected)} />)
        )}
        {lit && <LitLines lit={lit} arranged={arranged} />}
      </svg>
      {picture.nodes.map((node, n) => (
        <Card
          key={node.id}
          node={node}
          rows={rows[n]}
          x={places.boxes[n].x}
          y={places.boxes[n].y}
          open={open.has(node.id)}
          tone={lit ? (lit.datasets.get(node.id) ?? "none") : null}
          subject={node.id === picture.subject}
          selected={node.id === selected}
          tabbable={node.id === focus}
          does={does}
        />
      ))}
    </>
  );
}

const TRIANGLE = "M0 0.5 8 4 0 7.5Z";
const OPEN_END = "M1 1 7 4 1 7";

function Ends() {
  return (
    <defs>
      {["direct", "masked", "indirect", "added", "removed"].map((tone) => (
        <marker key={tone} id={`end-${tone}`} class={`end end-${tone}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
          <path d={tone === "indirect" ? OPEN_END : TRIANGLE} />
        </marker>
      ))}
    </defs>
  );
}

function isNear(edge: Edge, selected: string | null): boolean {
  return selected !== null && (selected === edge.source || selected === edge.target);
}

interface LineProps { edge: Edge; d: string; near: boolean }

class Line extends Component<LineProps> {
  shouldComponentUpdate(next: LineProps) {
    const { edge, d, near } = this.props;
    return next.edge !== edge || next.d !== d || next.near !== near;
  }
  render({ edge, d, near }: LineProps) {
    const tone = edge.change ?? edge.tone;
    const both = edge.tone !== "indirect" && edge.indirect > 0 && !edge.change;
    return (
      <g class={`edge edge-${edge.tone}${edge.change ? ` edge-${edge.change}` : ""}${near ? " edge-near" : ""}`}>
        <title>{words(edge)}</title>
        <path class="reach" d={d} />
        {both && <path class="also" d={d} />}
        <path class="ink" d={d} marker-end={`url(#end-${tone})`} />
      </g>
    );
  }
}

interface ManyProps { arranged: Arranged; near: string | null }

/** One path for all lines that look alike: thousands of elements would take longer than all else. */
class ManyLines extends Component<ManyProps> {
  shouldComponentUpdate(next: ManyProps) {
    return next.arranged !== this.props.arranged || next.near !== this.props.near;
  }
  render({ arranged, near }: ManyProps) {
    const paths = new Map<string, string>();
    arranged.picture.edges.forEach((edge, n) => {
      const alike = `ink edge-${edge.change ?? edge.tone}${isNear(edge, near) ? " edge-near" : ""}`;
      paths.set(alike, (paths.get(alike) ?? "") + pathOf(edge, n, arranged));
    });
    return (
      <>
        {[...paths].map(([alike, d]) => (
          <path key={alike} class={alike} d={d} />
        ))}
      </>
    );
  }
}

function pathOf(edge: Edge, n: number, { picture, places }: Arranged): string {
  const points = places.lines[n];
  if (points) return curve(points);
  const { x, y } = places.boxes[picture.nodes.findIndex((node) => node.id === edge.source)];
  return `M${x + CARD_WIDTH - 30} ${y} c-6 -24 30 -24 22 0`;
}

function curve(points: number[]): string {
  let d = `M${points[0].toFixed(1)} ${points[1].toFixed(1)}`;
  for (let n = 2; n < points.length; n += 2) {
    const [x0, y0, x1, y1] = [points[n - 2], points[n - 1], points[n], points[n + 1]];
    if (y0 === y1) d += `H${x1.toFixed(1)}`;
    else {
      const bend = Math.max(30, Math.abs(x1 - x0) / 2) * (x1 < x0 ? -1 : 1);
      d += `C${(x0 + bend).toFixed(1)} ${y0.toFixed(1)} ${(x1 - bend).toFixed(1)} ${y1.toFixed(1)} ${x1.toFixed(1)} ${y1.toFixed(1)}`;
    }
  }
  return d;
}

/** The lines from column to column along which a column acts. */
function LitLines({ lit, arranged: { picture, rows, places } }: { lit: Lit; arranged: Arranged }) {
  const place = new Map(picture.nodes.map((node, n) => [node.id, n]));
  const at = (name: Named | string, right: boolean): [number, number] | null => {
    const column = typeof name === "string" ? undefined : name.field;
    const n = place.get(typeof name === "string" ? name : full({ namespace: name.namespace, name: name.name }));
    if (n === undefined) return null;
    const row = column === undefined ? -1 : rows[n].findIndex((each) => each.name === column);
    const { x, y } = places.boxes[n];
    return [x + (right ? CARD_WIDTH : 0), y + (row < 0 ? HEAD / 2 : HEAD + ROW * (row + 0.5))];
  };
  return (
    <g class="lit-lines">
      {lit.lines.map((line, n) => {
        const [start, end] = [at(line.source, true), at(line.target, false)];
        if (!start || !end) return null;
        return <path key={n} class={`lit lit-${line.tone}`} d={curve([...start, ...end])} marker-end={`url(#end-${line.tone})`} />;
      })}
    </g>
  );
}

const LEGEND: [string, string][] = [
  ["direct", "values"],
  ["both", "values and influence"],
  ["masked", "masked values"],
  ["indirect", "influence only: filter, join, group …"],
];
const CHANGES: [string, string][] = [
  ["added", "added"],
  ["removed", "removed"],
];

export function Legend({ changes }: { changes: boolean }) {
  return (
    <ul class="legend" aria-label="Legend">
      {[...LEGEND, ...(changes ? CHANGES : [])].map(([tone, said]) => (
        <li key={tone}>
          <svg width="34" height="10" aria-hidden="true" class={`edge-${tone === "both" ? "direct" : tone}`}>
            {tone === "both" && <path class="also" d="M1 4H27" />}
            <path class="ink" d="M1 4H27" />
            <path class={`end end-${tone === "both" ? "direct" : tone}`} transform="translate(26 0)" d={tone === "indirect" ? OPEN_END : TRIANGLE} />
          </svg>
          {said}
        </li>
      ))}
    </ul>
  );
}
