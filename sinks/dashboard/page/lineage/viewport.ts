// What part of the world one looks at: moved by dragging, scaled by the wheel.
import { useEffect, useRef } from "preact/hooks";
import { CARD_WIDTH, HEAD } from "./card.tsx";
import type { Picture as Arranged, Placed } from "./layout.ts";

/** Below this scale nobody reads columns and namespaces. */
const FAR = 0.42;
const SCALE_MIN = 0.04;
const SCALE_MAX = 2.5;
const CLICK_PX = 4;
const REST_MS = 200;

export interface View { x: number; y: number; scale: number }

export type Viewport = ReturnType<typeof useViewport>;

/** Return what moves the world in its frame; `onView` is told of every move that a person made. */
export function useViewport(onView: (view: View) => void, onClick: () => void) {
  const frame = useRef<HTMLDivElement>(null);
  const world = useRef<HTMLDivElement>(null);
  const now = useRef<View>({ x: 0, y: 0, scale: 1 });

  const apply = ({ x, y, scale }: View, tell = true) => {
    // As it stands in the address, so that opening that shows the same.
    const next = { x: Math.round(x), y: Math.round(y), scale: Number(scale.toFixed(3)) };
    now.current = next;
    world.current!.style.transform = `translate(${next.x}px, ${next.y}px) scale(${next.scale})`;
    frame.current!.classList.toggle("far", next.scale < FAR);
    frame.current!.style.backgroundPosition = `${next.x}px ${next.y}px`;
    if (tell) onView(next);
  };
  const zoom = (factor: number, x?: number, y?: number) => {
    const { clientWidth, clientHeight } = frame.current!;
    const [px, py] = [x ?? clientWidth / 2, y ?? clientHeight / 2];
    const old = now.current;
    const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, old.scale * factor));
    const by = scale / old.scale;
    apply({ x: px - (px - old.x) * by, y: py - (py - old.y) * by, scale });
  };
  const centre = ({ x, y }: Placed, scale = now.current.scale) => {
    const { clientWidth: width, clientHeight: height } = frame.current!;
    apply({ x: width / 2 - (x + CARD_WIDTH / 2) * scale, y: height / 2 - (y + HEAD / 2) * scale, scale });
  };
  /** Show all, or what is around a card where all would be too small to read. */
  const fit = (places: Arranged, around: Placed) => {
    const { clientWidth: width, clientHeight: height } = frame.current!;
    const whole = Math.min((width - 72) / places.width, (height - 110) / places.height, 1);
    if (whole < FAR) return centre(around, 0.6);
    apply({ x: (width - places.width * whole) / 2, y: (height - places.height * whole) / 2, scale: whole });
  };
  const holds = ({ x, y }: Placed) => {
    const { clientWidth, clientHeight } = frame.current!;
    const { x: left, y: top, scale } = now.current;
    const [from, down] = [left + x * scale, top + y * scale];
    return from > 0 && down > 0 && from + CARD_WIDTH * scale < clientWidth && down + HEAD * scale < clientHeight;
  };
  const drag = (event: PointerEvent) => {
    if (event.button || (event.target as Element).closest("button, a")) return;
    const start = { x: event.clientX, y: event.clientY, view: now.current };
    let moved = false;
    const move = (to: PointerEvent) => {
      moved ||= Math.hypot(to.clientX - start.x, to.clientY - start.y) > CLICK_PX;
      apply({ ...start.view, x: start.view.x + to.clientX - start.x, y: start.view.y + to.clientY - start.y });
    };
    const end = () => {
      window.removeEventListener("pointermove", move);
      frame.current?.classList.remove("moving");
      if (!moved) onClick();
    };
    frame.current!.classList.add("moving");
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end, { once: true });
  };
  useEffect(() => {
    let resting = 0;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      frame.current!.classList.add("moving");
      clearTimeout(resting);
      resting = window.setTimeout(() => frame.current?.classList.remove("moving"), REST_MS);
      const { left, top } = frame.current!.getBoundingClientRect();
      if (event.shiftKey) return apply({ ...now.current, x: now.current.x - event.deltaY - event.deltaX });
      zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - left, event.clientY - top);
    };
    const element = frame.current!;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);
  return { frame, world, now, apply, zoom, centre, fit, holds, drag };
}
