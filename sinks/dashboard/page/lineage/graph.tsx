// The graph: a picture arranged by the worker, to be looked at, walked through and unfolded.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { arrange } from "./arrange.ts";
import { CARD_WIDTH, heightOf, rowsOf, type Actions } from "./card.tsx";
import { Drawing, Legend, MANY, type Arranged } from "./drawing.tsx";
import type { Placed } from "./layout.ts";
import type { Lit, Picture } from "./picture.ts";
import { useViewport, type View, type Viewport } from "./viewport.ts";

interface Props extends Omit<Actions, "onFocus"> {
  picture: Picture;
  /** Whether another picture is on its way. */
  stale: boolean;
  open: Set<string>;
  lit: Lit | null;
  selected: string | null;
  view: View | null;
  /** Changes when the reader goes back or forward to what was looked at before. */
  restored: number;
  onView: (view: View) => void;
}

const KEYS = "Lineage graph: arrow keys go from dataset to dataset, c unfolds columns, plus, minus and 0 zoom";

export function Graph({ picture, stale, open, lit, selected, view, restored, onView, ...actions }: Props) {
  const viewport = useViewport(onView, () => actions.onSelect(null));
  const { frame, world, now, zoom, centre, fit, holds } = viewport;
  const [focus, setFocus] = useState<string | null>(null);
  const arranged = useArranged(picture, open, lit);
  const settled = !stale && arranged?.picture === picture;
  useStanding({ arranged, settled, view, restored, anchors: [focus, selected], viewport });

  const fitAll = () => arranged && fit(arranged.places, subjectOf(arranged));
  const walk = (id: string | null) => {
    if (!id || !arranged) return;
    setFocus(id);
    const n = arranged.picture.nodes.findIndex((node) => node.id === id);
    world.current!.querySelectorAll<HTMLElement>(".card-head")[n]?.focus({ preventScroll: true });
    if (!holds(arranged.places.boxes[n])) centre(arranged.places.boxes[n], now.current.scale);
  };
  const press = (event: KeyboardEvent) => {
    if (!arranged || (event.target as Element).closest("input, select")) return;
    const at = (event.target as Element).closest<HTMLElement>("[data-node]")?.dataset.node;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step && !event.ctrlKey && !event.metaKey) walk(neighbour(arranged, at ?? picture.subject, step[0], step[1]));
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fitAll();
    else if (event.key === "c" && at) actions.onToggle(at);
    else if (event.key === "Escape") actions.onSelect(null);
    else return;
    event.preventDefault();
  };
  const classes = ["graph", lit && "has-lit", stale && "stale", picture.nodes.length > MANY && "many"];
  return (
    <div class={classes.filter(Boolean).join(" ")} ref={frame} onPointerDown={viewport.drag} onKeyDown={press} aria-busy={!settled} role="group" aria-label={KEYS}>
      <div class="world" ref={world}>
        {arranged && <Drawing arranged={arranged} open={open} lit={lit} selected={selected} focus={focus ?? selected ?? picture.subject} does={{ ...actions, onFocus: setFocus }} />}
      </div>
      {!arranged && <p class="graph-wait" role="status">Arranging …</p>}
      <div class="graph-tools">
        <button type="button" onClick={() => zoom(1.25)} aria-label="Zoom in" title="Zoom in (+)">+</button>
        <button type="button" onClick={() => zoom(0.8)} aria-label="Zoom out" title="Zoom out (−)">−</button>
        <button type="button" onClick={fitAll} aria-label="Fit all" title="Fit all (0)">⤢</button>
      </div>
      <Legend changes={picture.edges.some((edge) => edge.change)} />
    </div>
  );
}

/** Return the picture with its places, as soon as the worker has found them. */
function useArranged(picture: Picture, open: Set<string>, lit: Lit | null): Arranged | null {
  const [arranged, setArranged] = useState<Arranged | null>(null);
  const unfolded = [...open].join("\n");
  const rows = useMemo(() => picture.nodes.map((node) => rowsOf(node, open.has(node.id), lit)), [picture, unfolded, lit]);
  useEffect(() => {
    let late = false;
    const place = new Map(picture.nodes.map((node, n) => [node.id, n]));
    const boxes = rows.map((shown) => ({ width: CARD_WIDTH, height: heightOf(shown) }));
    const links = picture.edges.map((edge): [number, number] => [place.get(edge.source)!, place.get(edge.target)!]);
    void arrange(boxes, links).then((places) => late || setArranged({ picture, rows, places }));
    return () => void (late = true);
  }, [picture, rows]);
  return arranged;
}

function subjectOf({ picture, places }: Arranged): Placed {
  return places.boxes[Math.max(0, picture.nodes.findIndex((node) => node.id === picture.subject))] ?? { x: 0, y: 0 };
}

/** Look at what the address says when it was gone to; else what was looked at stays on the screen. */
function useStanding({ arranged, settled, view, restored, anchors, viewport: { now, apply, fit } }: Standing): void {
  const kept = useRef<{ of: string; places: Map<string, Placed> } | null>(null);
  const followed = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (!arranged || !settled) return;
    const { picture, places } = arranged;
    const old = kept.current?.of === picture.of ? kept.current.places : null;
    const found = new Map(picture.nodes.map((node, n) => [node.id, places.boxes[n]]));
    kept.current = { of: picture.of, places: found };
    const gone = followed.current !== restored;
    followed.current = restored;
    if (view && gone) return apply(view, false);
    const anchor = old && [...anchors, picture.subject].find((id) => id && old.has(id) && found.has(id));
    if (!anchor) return fit(places, subjectOf(arranged));
    const [from, to] = [old.get(anchor)!, found.get(anchor)!];
    const { x, y, scale } = now.current;
    if (from.x !== to.x || from.y !== to.y) apply({ x: x + (from.x - to.x) * scale, y: y + (from.y - to.y) * scale, scale });
  }, [arranged, settled, restored]);
}

interface Standing {
  arranged: Arranged | null;
  settled: boolean;
  view: View | null;
  restored: number;
  anchors: (string | null)[];
  viewport: Viewport;
}

/** Return the card next to one in a direction: the nearest in sight of it. */
function neighbour({ picture, places }: Arranged, from: string, dx: number, dy: number): string | null {
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
