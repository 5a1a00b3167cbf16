// Lines over time or steps, by uPlot, in the colours of the page.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";
import { clock } from "./parts.tsx";

export interface Series { label: string; color: string; dash?: number[]; values: (number | null)[]; width?: number }

interface Props {
  x: number[];
  series: Series[];
  title: string;
  height?: number;
  time?: boolean;
  format: (value: number) => string;
  /** Whether what is drawn is bytes: then the ticks are at round ones. */
  binary?: boolean;
  xLabel?: string;
  sync?: string;
  /** The least that the upper end of the scale is, so that little does not look like much. */
  least?: number;
  /** Seconds up to the last that are shown. */
  span?: number;
}

const POWERS = Array.from({ length: 50 }, (_, n) => 2 ** n);

/** Return a colour of the page as what a canvas takes. */
function resolved(element: HTMLElement, color: string): string {
  element.style.color = `var(--${color})`;
  const found = getComputedStyle(element).color;
  element.style.color = "";
  return found;
}

export function Chart({ x, series, title, height = 190, time = false, format, binary, xLabel, sync, least = 0, span }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shape = series.map((each) => `${each.label} ${each.color} ${each.dash}`).join("\n");
  useEffect(() => {
    const element = frame.current!;
    const build = () => {
      plot.current?.destroy();
      const [ink, line] = [resolved(element, "muted"), resolved(element, "line")];
      const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
      const options: uPlot.Options = {
        width: Math.max(200, element.clientWidth),
        height,
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false }, ...(sync ? { sync: { key: sync } } : {}) },
        scales: {
          x: { time, range: (_, low, high) => [span ? high - span : low, high > low ? high : low + 1] },
          y: { range: (_, __, high) => [0, Math.max(least, (high ?? 0) * 1.08) || 1] },
        },
        axes: [
          { ...axis, size: 30, ...(time ? { values: (_, ticks) => ticks.map((tick) => clock(tick * 1000)), space: 90 } : {}), ...(xLabel ? { label: xLabel, labelSize: 16, labelFont: "11px system-ui, sans-serif" } : {}) },
          { ...axis, size: 62, values: (_, ticks) => ticks.map(format), ...(binary ? { incrs: POWERS } : {}) },
        ],
        series: [
          {},
          ...series.map((each): uPlot.Series => ({
            label: each.label,
            stroke: resolved(element, each.color),
            width: each.width ?? 1.6,
            dash: each.dash,
            spanGaps: true,
            points: { show: x.length < 3 },
          })),
        ],
        hooks: { setCursor: [(self) => tell(self, element, series.map((each) => each.label), format, time)] },
      };
      plot.current = new uPlot(options, [x, ...series.map((each) => each.values)], element);
    };
    build();
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(200, element.clientWidth), height }));
    sized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const themed = new MutationObserver(build);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    scheme.addEventListener("change", build);
    return () => {
      sized.disconnect();
      themed.disconnect();
      scheme.removeEventListener("change", build);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, height]);
  useEffect(() => plot.current?.setData([x, ...series.map((each) => each.values)]), [x, series]);
  const last = series.map((each) => `${each.label} ${shown(each.values.findLast((value) => value !== null), format)}`).join(", ");
  return (
    <figure class="chart">
      <figcaption class="chart-legend">
        {series.map((each) => (
          <span key={each.label}>
            <i class={`stroke-${each.color}${each.dash ? " dashed" : ""}`} />
            {each.label}
          </span>
        ))}
        <output class="chart-at" />
      </figcaption>
      <div ref={frame} role="img" aria-label={`${title}. Latest: ${last}`} />
    </figure>
  );
}

function shown(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "none" : format(value);
}

function tell(self: uPlot, element: HTMLElement, labels: string[], format: (value: number) => string, time: boolean): void {
  const output = element.parentElement?.querySelector("output");
  const at = self.cursor.idx;
  if (!output) return;
  if (at === null || at === undefined) return void (output.textContent = "");
  const x = self.data[0][at];
  const where = time ? clock(x * 1000) : `at ${x}`;
  output.textContent = `${where}: ${labels.map((label, n) => `${label} ${shown(self.data[n + 1][at], format)}`).join(" · ")}`;
}
