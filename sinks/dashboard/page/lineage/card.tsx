// A dataset or model in the graph, with the columns that it shows.
import { Component } from "preact";
import type { Way } from "./asked.ts";
import type { Lit, Node, Tone } from "./picture.ts";

export const CARD_WIDTH = 200;
export const HEAD = 46;
export const ROW = 22;
const FOOT = 6;
const ROWS_MAX = 40;

export interface Row { name: string; tone: Tone | "subject" | null }

/** What can be done with a card. */
export interface Actions {
  onSelect: (id: string | null) => void;
  onToggle: (id: string) => void;
  onColumn: (id: string, column: string) => void;
  onGoOn: (id: string, way: Way) => void;
  onFocus: (id: string) => void;
}

/** Return the columns that a card shows: those lit up first, all of them where it is open. */
export function rowsOf(node: Node, open: boolean, lit: Lit | null): Row[] {
  const tones = lit?.columns.get(node.id);
  const shown = open ? node.columns : node.columns.filter((name) => tones?.has(name));
  const missing = [...(tones?.keys() ?? [])].filter((name) => !node.columns.includes(name));
  return [...shown, ...missing].slice(0, ROWS_MAX).map((name) => ({ name, tone: tones?.get(name) ?? null }));
}

export function heightOf(rows: Row[]): number {
  return HEAD + (rows.length ? rows.length * ROW + FOOT : 0);
}

interface Props {
  node: Node;
  rows: Row[];
  x: number;
  y: number;
  open: boolean;
  tone: Tone | "subject" | "none" | null;
  subject: boolean;
  selected: boolean;
  tabbable: boolean;
  does: Actions;
}

const DRAWN = ["node", "rows", "x", "y", "open", "tone", "subject", "selected", "tabbable"] as const;

export class Card extends Component<Props> {
  shouldComponentUpdate(next: Props) {
    return DRAWN.some((key) => next[key] !== this.props[key]);
  }
  render({ node, rows, x, y, open, tone, subject, selected, tabbable, does }: Props) {
    const classes = ["card", `card-${node.kind}`, subject && "card-subject", selected && "card-selected", tone && `card-${tone}`, node.change && `card-${node.change}`];
    const more = node.columnsCount - node.columns.length;
    const tab = tabbable ? 0 : -1;
    const said = [node.change, subject && "the subject"].filter(Boolean).join(", ");
    return (
      <div class={classes.filter(Boolean).join(" ")} data-node={node.id} style={{ transform: `translate(${x}px, ${y}px)` }}>
        <div class="card-top">
          <button type="button" class="card-head" tabIndex={tab} aria-pressed={selected} title={node.id} onFocus={() => does.onFocus(node.id)} onClick={() => does.onSelect(selected ? null : node.id)}>
            <span class="card-title" elementtiming={subject ? "subject" : undefined}>
              {node.change && <span class="card-mark" aria-hidden="true">{node.change === "added" ? "+" : "−"}</span>}
              <bdi>{node.title}</bdi>
            </span>
            <bdi class="card-where">{node.subtitle}</bdi>
            {said && <span class="quiet-text">{said}</span>}
          </button>
          {node.columnsCount > 0 && (
            <button type="button" class="fold" tabIndex={tab} aria-expanded={open} aria-label={`${node.columnsCount} columns of ${node.title}`} title={open ? "Fold the columns" : "Unfold the columns (c)"} onClick={() => does.onToggle(node.id)}>
              {node.columnsCount}
              <span aria-hidden="true">{open ? "▴" : "▾"}</span>
            </button>
          )}
        </div>
        {rows.length > 0 && (
          <ul class="columns">
            {rows.map((row) => (
              <li key={row.name}>
                <button type="button" class={`column${row.tone ? ` column-${row.tone}` : ""}`} tabIndex={tab} title={row.name} aria-pressed={row.tone === "subject"} onClick={() => does.onColumn(node.id, row.name)}>
                  <span class="dot" aria-hidden="true" />
                  <bdi>{row.name}</bdi>
                  {row.tone && row.tone !== "subject" && <span class="quiet-text">{row.tone}</span>}
                </button>
              </li>
            ))}
          </ul>
        )}
        {open && more > 0 && <p class="columns-more">+{more} more</p>}
        {node.hiddenBefore > 0 && <Stub node={node} way="upstream" n={node.hiddenBefore} tab={tab} onGoOn={does.onGoOn} />}
        {node.hiddenAfter > 0 && <Stub node={node} way="downstream" n={node.hiddenAfter} tab={tab} onGoOn={does.onGoOn} />}
      </div>
    );
  }
}

/** How many datasets are next to a card and not shown; it shows them. */
function Stub({ node, way, n, tab, onGoOn }: { node: Node; way: Way; n: number; tab: number; onGoOn: Actions["onGoOn"] }) {
  const label = `Show ${n} more ${way} of ${node.title}`;
  return (
    <button type="button" class={`stub stub-${way}`} tabIndex={tab} aria-label={label} title={label} onClick={() => onGoOn(node.id, way)}>
      {way === "upstream" && <span aria-hidden="true">← </span>}+{n}
      {way === "downstream" && <span aria-hidden="true"> →</span>}
    </button>
  );
}
