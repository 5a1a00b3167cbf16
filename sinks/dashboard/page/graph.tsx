// The graph: cards and lines in a world that is moved and scaled as a whole.
import { Component, type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { arrange } from "./arrange.ts";
import { full, type Named } from "./answers.ts";
import type { Picture as Arranged } from "./layout.ts";
import { words, type Edge, type Lit, type Node, type Picture, type Tone } from "./picture.ts";

export const CARD_WIDTH = 200;
const HEAD = 46;
const ROW = 22;
const FOOT = 6;
const ROWS_MAX = 40;
const FAR = 0.42;
const SCALE_MIN = 0.04;
/** With more than so many nodes, only what is in sight is laid out, and lines say nothing. */
const MANY = 600;
const SCALE_MAX = 2.5;

export interface View { x: number; y: number; scale: number }

interface Props {
  picture: Picture;
  open: Set<string>;
  lit: Lit | null;
  selected: string | null;
  view: View | null;
  onView: (view: View) => void;
  onSelect: (id: string | null) => void;
  onToggle: (id: string) => void;
  onColumn: (id: string, column: string) => void;
  onStub: (id: string, way: "upstream" | "downstream") => void;
  children?: ComponentChildren;
}

interface Row { name: string; tone: Tone | "subject" | null }

/** Return the columns that a card shows: those lit up first, all of them where it is open. */
function rowsOf(node: Node, open: boolean, lit: Lit | null): Row[] {
  const tones = lit?.columns.get(node.id);
  const shown = open ? node.columns : node.columns.filter((name) => tones?.has(name));
  const missing = [...(tones?.keys() ?? [])].filter((name) => !node.columns.includes(name));
  return [...shown, ...missing].slice(0, ROWS_MAX).map((name) => ({ name, tone: tones?.get(name) ?? null }));
}

export function Graph(props: Props) {
  const { picture, open, lit, selected } = props;
  const frame = useRef<HTMLDivElement>(null);
  const world = useRef<HTMLDivElement>(null);
  const view = useRef<View>(props.view ?? { x: 0, y: 0, scale: 1 });
  const kept = useRef<{ subject: string; places: Map<string, { x: number; y: number }> } | null>(null);
  const [arranged, setArranged] = useState<{ picture: Picture; rows: Row[][]; places: Arranged } | null>(null);
  const [focus, setFocus] = useState<string | null>(null);

  const rows = useMemo(() => picture.nodes.map((node) => rowsOf(node, open.has(node.id), lit)), [picture, open, lit]);
  useEffect(() => {
    let stale = false;
    const place = new Map(picture.nodes.map((node, n) => [node.id, n]));
    const boxes = rows.map((shown) => ({ width: CARD_WIDTH, height: HEAD + (shown.length ? shown.length * ROW + FOOT : 0) }));
    const links = picture.edges.map((edge): [number, number] => [place.get(edge.source)!, place.get(edge.target)!]);
    void arrange(boxes, links).then((places) => stale || setArranged({ picture, rows, places }));
    return () => void (stale = true);
  }, [picture, rows]);

  const apply = ({ x, y, scale }: View, tell = true) => {
    // As it stands in the address, so that opening that shows the same.
    const next = { x: Math.round(x), y: Math.round(y), scale: Number(scale.toFixed(3)) };
    view.current = next;
    const style = world.current!.style;
    style.transform = `translate(${next.x}px, ${next.y}px) scale(${next.scale})`;
    frame.current!.classList.toggle("far", next.scale < FAR);
    frame.current!.style.backgroundPosition = `${next.x}px ${next.y}px`;
    if (tell) props.onView(next);
  };
  const fit = (places: Arranged, nodes: Node[]) => {
    const { clientWidth: width, clientHeight: height } = frame.current!;
    const whole = Math.min((width - 72) / places.width, (height - 110) / places.height, 1);
    if (whole >= FAR || !nodes.length) {
      apply({ x: (width - places.width * whole) / 2, y: (height - places.height * whole) / 2, scale: whole });
    } else centre(nodes.findIndex((node) => node.id === picture.subject), Math.max(whole, 0.6), places);
  };
  const centre = (n: number, scale: number, places: Arranged) => {
    const { clientWidth: width, clientHeight: height } = frame.current!;
    const at = places.boxes[Math.max(0, n)] ?? { x: 0, y: 0 };
    apply({ x: width / 2 - (at.x + CARD_WIDTH / 2) * scale, y: height / 2 - (at.y + HEAD / 2) * scale, scale });
  };
  const zoom = (factor: number, x?: number, y?: number) => {
    const { clientWidth, clientHeight } = frame.current!;
    const [px, py] = [x ?? clientWidth / 2, y ?? clientHeight / 2];
    const old = view.current;
    const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, old.scale * factor));
    const by = scale / old.scale;
    apply({ x: px - (px - old.x) * by, y: py - (py - old.y) * by, scale });
  };

  useLayoutEffect(() => {
    if (!arranged) return;
    const { places, picture: shown } = arranged;
    const known = kept.current;
    kept.current = { subject: shown.subject, places: new Map(shown.nodes.map((node, n) => [node.id, places.boxes[n]])) };
    if (known?.subject === shown.subject) {
      // What is looked at stays where it is on the screen, whatever was unfolded around it.
      const anchor = [focus, selected, shown.subject].find((id) => id && known.places.has(id) && kept.current!.places.has(id));
      if (anchor) {
        const [old, now] = [known.places.get(anchor)!, kept.current.places.get(anchor)!];
        const { x, y, scale } = view.current;
        return apply({ x: x + (old.x - now.x) * scale, y: y + (old.y - now.y) * scale, scale }, false);
      }
    }
    if (!known && props.view) apply(props.view, false);
    else fit(places, shown.nodes);
    performance.mark("graph-shown");
  }, [arranged]);

  useEffect(() => {
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = frame.current!.getBoundingClientRect();
      if (event.shiftKey) return apply({ ...view.current, x: view.current.x - event.deltaY - event.deltaX });
      zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - left, event.clientY - top);
    };
    const element = frame.current!;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [arranged]);

  const drag = (event: PointerEvent) => {
    if (event.button || (event.target as Element).closest("button, a")) return;
    const start = { x: event.clientX, y: event.clientY, view: view.current };
    let moved = false;
    const move = (now: PointerEvent) => {
      moved ||= Math.hypot(now.clientX - start.x, now.clientY - start.y) > 4;
      apply({ ...start.view, x: start.view.x + now.clientX - start.x, y: start.view.y + now.clientY - start.y });
    };
    const end = () => {
      window.removeEventListener("pointermove", move);
      frame.current?.classList.remove("dragging");
      if (!moved) props.onSelect(null);
    };
    frame.current!.classList.add("dragging");
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end, { once: true });
  };

  const press = (event: KeyboardEvent) => {
    if (!arranged || (event.target as Element).closest("input, select")) return;
    const at = (event.target as Element).closest<HTMLElement>("[data-node]")?.dataset.node;
    const here = at ?? picture.subject;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step && !event.ctrlKey && !event.metaKey) walk(neighbour(arranged, here, step[0], step[1]));
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fit(arranged.places, picture.nodes);
    else if (event.key === "c" && at) props.onToggle(at);
    else if (event.key === "Escape") props.onSelect(null);
    else return;
    event.preventDefault();
  };
  const walk = (id: string | null) => {
    if (!id || !arranged) return;
    setFocus(id);
    const n = arranged.picture.nodes.findIndex((node) => node.id === id);
    world.current!.querySelectorAll<HTMLElement>(".card-head")[n]?.focus({ preventScroll: true });
    const { x, y } = arranged.places.boxes[n];
    const { clientWidth, clientHeight } = frame.current!;
    const now = view.current;
    const [left, top] = [now.x + x * now.scale, now.y + y * now.scale];
    const inside = left > 0 && top > 0 && left + CARD_WIDTH * now.scale < clientWidth && top + HEAD * now.scale < clientHeight;
    if (!inside) centre(n, now.scale, arranged.places);
  };

  return (
    <div class={`graph${lit ? " has-lit" : ""}${picture.nodes.length > MANY ? " many" : ""}`} ref={frame} onPointerDown={drag} onKeyDown={press} aria-busy={arranged?.picture !== picture} role="group" aria-label="Lineage graph: arrow keys go from dataset to dataset, c unfolds columns, plus, minus and 0 zoom">
      <div class="world" ref={world}>
        {arranged && (
          <Drawing {...props} arranged={arranged} focus={focus ?? selected ?? picture.subject} onFocus={setFocus} />
        )}
      </div>
      {!arranged && <p class="graph-wait" role="status">Arranging …</p>}
      <div class="graph-tools">
        <button type="button" onClick={() => zoom(1.25)} aria-label="Zoom in" title="Zoom in (+)">+</button>
        <button type="button" onClick={() => zoom(0.8)} aria-label="Zoom out" title="Zoom out (−)">−</button>
        <button type="button" onClick={() => arranged && fit(arranged.places, picture.nodes)} aria-label="Fit all" title="Fit all (0)">⤢</button>
      </div>
      <Legend />
      {props.children}
    </div>
  );
}

/** Return the card next to one in a direction: the nearest in sight of it. */
function neighbour({ picture, places }: { picture: Picture; places: Arranged }, from: string, dx: number, dy: number): string | null {
  const start = picture.nodes.findIndex((node) => node.id === from);
  if (start < 0) return picture.nodes[0]?.id ?? null;
  const at = places.boxes[start];
  const linked = new Set(picture.edges.flatMap((edge) => (edge.source === from ? [edge.target] : edge.target === from ? [edge.source] : [])));
  let best: string | null = null;
  let least = Infinity;
  places.boxes.forEach((box, n) => {
    const [across, down] = [box.x - at.x, box.y - at.y];
    if (n === start || (dx ? across * dx < 1 : across !== 0 || down * dy < 1)) return;
    const far = Math.abs(across) + Math.abs(down) + (dx && !linked.has(picture.nodes[n].id) ? 1e5 : 0);
    if (far < least) [least, best] = [far, picture.nodes[n].id];
  });
  return best;
}

interface Drawn extends Props {
  arranged: { picture: Picture; rows: Row[][]; places: Arranged };
  focus: string;
  onFocus: (id: string) => void;
}

function Drawing({ arranged, lit, selected, focus, ...does }: Drawn) {
  const { picture, rows, places } = arranged;
  return (
    <>
      <svg class="lines" width={places.width} height={places.height} aria-hidden="true">
        <defs>
          {["direct", "masked", "indirect", "added", "removed"].map((tone) => (
            <marker key={tone} id={`end-${tone}`} class={`end end-${tone}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
              <path d={tone === "indirect" ? "M1 1 7 4 1 7" : "M0 0.5 8 4 0 7.5Z"} />
            </marker>
          ))}
        </defs>
        {picture.edges.map((edge, n) => (
          <Line key={`${edge.source}\n${edge.target}\n${edge.tone}`} edge={edge} points={places.lines[n]} loop={loopAt(edge, picture, places)} near={selected === edge.source || selected === edge.target} bare={picture.nodes.length > MANY} />
        ))}
        {lit && <LitLines lit={lit} arranged={arranged} />}
      </svg>
      {picture.nodes.map((node, n) => (
        <Card
          key={node.id}
          node={node}
          rows={rows[n]}
          x={places.boxes[n].x}
          y={places.boxes[n].y}
          open={does.open.has(node.id)}
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

function loopAt(edge: Edge, picture: Picture, places: Arranged): { x: number; y: number } | null {
  if (edge.source !== edge.target) return null;
  return places.boxes[picture.nodes.findIndex((node) => node.id === edge.source)];
}

class Line extends Component<{ edge: Edge; points: number[] | null; loop: { x: number; y: number } | null; near: boolean; bare: boolean }> {
  shouldComponentUpdate(next: Line["props"]) {
    const { edge, points, near } = this.props;
    return next.edge !== edge || next.points !== points || next.near !== near;
  }
  render({ edge, points, loop, near, bare }: Line["props"]) {
    const d = loop ? `M${loop.x + CARD_WIDTH - 30} ${loop.y} c-6 -24 30 -24 22 0` : curve(points!);
    const tone = edge.change ?? edge.tone;
    if (bare) return <path class={`ink edge-${edge.change ?? edge.tone}${near ? " edge-near" : ""}`} d={d} />;
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
function LitLines({ lit, arranged: { picture, rows, places } }: { lit: Lit; arranged: Drawn["arranged"] }) {
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

interface CardProps {
  node: Node;
  rows: Row[];
  x: number;
  y: number;
  open: boolean;
  tone: Tone | "subject" | "none" | null;
  subject: boolean;
  selected: boolean;
  tabbable: boolean;
  does: Omit<Drawn, "arranged" | "lit" | "selected" | "focus">;
}

class Card extends Component<CardProps> {
  shouldComponentUpdate(next: CardProps) {
    const old = this.props;
    return (["node", "rows", "x", "y", "open", "tone", "subject", "selected", "tabbable"] as const).some((key) => next[key] !== old[key]);
  }
  render({ node, rows, x, y, open, tone, subject, selected, tabbable, does }: CardProps) {
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
        {node.hiddenBefore > 0 && <Stub node={node} way="upstream" n={node.hiddenBefore} tab={tab} onStub={does.onStub} />}
        {node.hiddenAfter > 0 && <Stub node={node} way="downstream" n={node.hiddenAfter} tab={tab} onStub={does.onStub} />}
      </div>
    );
  }
}

function Stub({ node, way, n, tab, onStub }: { node: Node; way: "upstream" | "downstream"; n: number; tab: number; onStub: Props["onStub"] }) {
  const label = `+${n} more ${way} of ${node.title}: centre there`;
  return (
    <button type="button" class={`stub stub-${way}`} tabIndex={tab} aria-label={label} title={label} onClick={() => onStub(node.id, way)}>
      {way === "upstream" && <span aria-hidden="true">← </span>}+{n}
      {way === "downstream" && <span aria-hidden="true"> →</span>}
    </button>
  );
}

function Legend() {
  const lines: [string, string][] = [["direct", "values"], ["masked", "masked values"], ["indirect", "influence only: filter, join, group …"]];
  return (
    <ul class="legend" aria-label="Legend">
      {lines.map(([tone, said]) => (
        <li key={tone}>
          <svg width="34" height="8" aria-hidden="true" class={`edge-${tone}`}>
            <path class="ink" d="M1 4H27" />
            <path class={`end end-${tone}`} transform="translate(26 0)" d={tone === "indirect" ? "M1 1 7 4 1 7" : "M0 0.5 8 4 0 7.5Z"} />
          </svg>
          {said}
        </li>
      ))}
    </ul>
  );
}
