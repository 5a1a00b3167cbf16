// The training profile of a run, beside another's where one is chosen.
import { useMemo, useState } from "preact/hooks";
import { go, hrefWith, type Values } from "./address.ts";
import type { JobName, Paged, Run } from "./answers.ts";
import { useAnswer } from "./api.ts";
import { Chart, type Series } from "./chart.tsx";
import { Answered, bytes, count, Empty, many, nanoseconds, Panel, told } from "./parts.tsx";
import { Table, type Column } from "./table.tsx";

type Points = (number | null)[];
interface Layer { name: string; type: string; parameter_bytes: number; forward_ns: Points; backward_ns: Points; activation_bytes: Points; grad_norm: Points }
interface Total { name: string; type: string; forward_ns: number; backward_ns: number; activation_bytes_max: number | null; parameter_bytes: number; calls: number; non_finite_steps: number }
interface Rank {
  rank: number;
  world_size: number;
  clock: string | null;
  memory_source: string | null;
  windows_count: number;
  steps: number[];
  wall_ns: Record<"p50" | "p90" | "max", Points>;
  phases: Record<string, Points>;
  memory_bytes: Points;
  memory_bytes_max: Points;
  layers: Layer[];
  totals: Total[];
  unseen: Record<string, string>;
  missing: number;
  end: { status: string; steps: number; dropped: Record<string, number>; error: string | null; failed_layer: string | null; failed_phase: string | null; failed_step: number | null } | null;
}
interface Training { run_id: string; ranks: Rank[] }

const COLORS = ["direct", "indirect", "model", "masked", "bad", "muted", "ink"];
const DASHES: (number[] | undefined)[] = [undefined, [7, 3], [2, 3], [9, 3, 2, 3], [4, 4], [1, 4], [12, 4]];
const LAYERS_SHOWN = 12;

const set = (values: Values) => go(hrefWith(values), true);

interface Props { run: string; job: JobName; other: string | null; layer: string | null; rank: number; again: unknown }

export function TrainingPanels({ run, job, other, layer, rank, again }: Props) {
  const training = useAnswer<Training>("/run/training", { run }, again);
  const second = useAnswer<Training>(other ? "/run/training" : null, { run: other });
  return (
    <Answered answer={training} lines={10}>
      {({ ranks }) => {
        const mine = ranks.find((each) => each.rank === rank) ?? ranks[0];
        if (!mine) return <Empty title="Its profile is no longer held">The latest 200 runs are.</Empty>;
        const theirs = second.value?.ranks.find((each) => each.rank === mine.rank) ?? null;
        return (
          <>
            <div class="subhead">
              <h2>Training</h2>
              <Ended rank={mine} />
              {ranks.length > 1 && (
                <label class="field">
                  Rank
                  <select value={mine.rank} onChange={(event) => set({ rank: event.currentTarget.value })}>
                    {ranks.map((each) => (
                      <option key={each.rank}>{each.rank}</option>
                    ))}
                  </select>
                </label>
              )}
              <span class="spring" />
              <Comparing run={run} job={job} other={other} />
            </div>
            {theirs && <Compared mine={mine} theirs={theirs} />}
            <div class="grid">
              <StepTime mine={mine} theirs={theirs} />
              <Phases mine={mine} />
                            <Memory mine={mine} theirs={theirs} />
            </div>
            <Layers mine={mine} theirs={theirs} chosen={layer} />
          </>
        );
      }}
    </Answered>
  );
}

function Ended({ rank }: { rank: Rank }) {
  const end = rank.end;
  const dropped = Object.entries(end?.dropped ?? {});
  return (
    <span class="muted">
      {end ? `${end.status}, ${many(end.steps, "step")}` : "still running"} in {many(rank.windows_count, "window")}
      {rank.world_size > 1 && `, rank ${rank.rank} of ${rank.world_size}`}
      {rank.missing > 0 && <span class="tag tag-bad">{many(rank.missing, "window")} missing</span>}
      {dropped.map(([reason, n]) => (
        <span key={reason} class="tag tag-warn">
          {many(n, "step")} dropped: {reason}
        </span>
      ))}
      {end?.failed_layer && (
        <span class="tag tag-bad">
          failed in {end.failed_layer}
          {end.failed_step !== null && ` at step ${end.failed_step}`}
        </span>
      )}
    </span>
  );
}

/** Choose another run of the same job to see beside this one. */
function Comparing({ run, job, other }: Pick<Props, "run" | "job" | "other">) {
  const runs = useAnswer<Paged<Run>>("/runs", { limit: 1000 });
  const others = (runs.value?.items ?? []).filter((each) => each.job.name === job.name && each.job.namespace === job.namespace && each.run_id !== run);
  return (
    <label class="field">
      Compare with
      <select value={other ?? ""} disabled={!others.length && !other} onChange={(event) => set({ with: event.currentTarget.value || null })}>
        <option value="">{others.length || other ? "no other run" : "there is no other run"}</option>
        {others.map((each) => (
          <option key={each.run_id} value={each.run_id}>
            {told(each.started_at)} · {each.state.toLowerCase()}
          </option>
        ))}
      </select>
    </label>
  );
}

function median(values: Points): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length ? known[known.length >> 1] : null;
}

interface Row { what: string; mine: number | null; theirs: number | null; show: (value: number | null) => string }

const COMPARED: Column<Row>[] = [
  { title: "Median of", cell: ({ what }) => what },
  { title: "This run", number: true, cell: ({ mine, show }) => show(mine) },
  { title: "The other", number: true, cell: ({ theirs, show }) => show(theirs) },
  { title: "Change", number: true, cell: ({ mine, theirs, show }) => change(mine, theirs, show === bytes ? ["more", "less"] : undefined) },
];

/** How two runs differ, most first: where the time went. */
function Compared({ mine, theirs }: { mine: Rank; theirs: Rank }) {
  const rows: Row[] = [
    { what: "step", mine: median(mine.wall_ns.p50), theirs: median(theirs.wall_ns.p50), show: nanoseconds },
    ...Object.keys(mine.phases).map((name) => ({ what: name, mine: median(mine.phases[name]), theirs: median(theirs.phases[name] ?? []), show: nanoseconds })),
    { what: "memory", mine: Math.max(...mine.memory_bytes_max.map((value) => value ?? 0)), theirs: Math.max(...theirs.memory_bytes_max.map((value) => value ?? 0)), show: bytes },
  ];
  return (
    <Panel title="This run and the other">
      <Table columns={COMPARED} rows={rows} keyOf={(row) => row.what} />
    </Panel>
  );
}

function change(now: number | null, then: number | null, [worse, better] = ["slower", "faster"]) {
  if (!now || !then) return "–";
  const percent = (now / then - 1) * 100;
  const tone = Math.abs(percent) < 5 ? "muted" : percent > 0 ? "tag tag-bad" : "tag tag-good";
  return (
    <span class={tone}>
      {percent > 0 ? "+" : percent < 0 ? "−" : ""}
      {Math.abs(percent).toFixed(1)} % {Math.abs(percent) < 5 ? "" : percent > 0 ? worse : better}
    </span>
  );
}

/** Lay another run's values over the steps of this one, as far as both go. */
function over(steps: number[], theirs: Rank, values: Points): Points {
  return steps.map((step) => {
    const n = theirs.steps.findIndex((each) => each >= step);
    return n < 0 ? null : values[n];
  });
}

function StepTime({ mine, theirs }: { mine: Rank; theirs: Rank | null }) {
  const series = useMemo((): Series[] => {
    const own: Series[] = [
      { label: "median", color: "direct", values: mine.wall_ns.p50, width: 2 },
      { label: "p90", color: "indirect", dash: [7, 3], values: mine.wall_ns.p90 },
    ];
    return theirs ? [...own, { label: "the other's median", color: "muted", dash: [2, 3], values: over(mine.steps, theirs, theirs.wall_ns.p50) }] : own;
  }, [mine, theirs]);
  return (
    <Panel title="Time of a step" class="third">
      <Chart title="Time of a step" x={mine.steps} series={series} format={nanoseconds} xLabel="step" sync="steps" />
    </Panel>
  );
}

function Phases({ mine }: { mine: Rank }) {
  const series = useMemo(
    () => Object.entries(mine.phases).map(([label, values], n): Series => ({ label, values, color: COLORS[n % COLORS.length], dash: DASHES[n % DASHES.length] })),
    [mine],
  );
  return (
    <Panel title="Phases of a step" class="third" more={<span class="muted">medians{mine.clock ? `, ${mine.clock}` : ""}</span>}>
      <Chart title="Phases of a step" x={mine.steps} series={series} format={nanoseconds} xLabel="step" sync="steps" />
    </Panel>
  );
}

function Memory({ mine, theirs }: { mine: Rank; theirs: Rank | null }) {
  const series = useMemo((): Series[] => {
    const own: Series[] = [
      { label: "in use", color: "model", values: mine.memory_bytes, width: 2 },
      { label: "most so far", color: "masked", dash: [7, 3], values: mine.memory_bytes_max },
    ];
    return theirs ? [...own, { label: "the other's", color: "muted", dash: [2, 3], values: over(mine.steps, theirs, theirs.memory_bytes) }] : own;
  }, [mine, theirs]);
  return (
    <Panel title="Memory" class="third" more={<span class="muted">{mine.memory_source === "process" ? "of the process" : "of the device's allocator"}</span>}>
      <Chart title="Memory" x={mine.steps} series={series} format={bytes} binary xLabel="step" sync="steps" />
    </Panel>
  );
}

interface LayersProps { mine: Rank; theirs: Rank | null; chosen: string | null }

function Layers({ mine, theirs, chosen }: LayersProps) {
  const [all, setAll] = useState(false);
  const shown = all ? mine.totals : mine.totals.slice(0, LAYERS_SHOWN);
  const most = Math.max(1, ...mine.totals.map((each) => each.forward_ns + each.backward_ns));
  const layer = mine.layers.find((each) => each.name === (chosen ?? mine.totals[0]?.name));
  if (!mine.totals.length) return <Panel title="Layers"><Empty title="No layer was timed" /></Panel>;
  return (
    <div class="grid layers">
      <Panel title="Layers" class="half" more={<span class="muted">all sampled steps, most time first</span>}>
        <p class="chart-legend">
          <span><i class="stroke-direct" />forward</span>
          <span><i class="stroke-indirect" />backward</span>
        </p>
        <ul class="bars">
          {shown.map((each) => (
            <Bar key={each.name} total={each} most={most} other={theirs && totalOf(theirs, each.name)} compared={theirs !== null} chosen={each.name === layer?.name} />
          ))}
        </ul>
        {mine.totals.length > LAYERS_SHOWN && (
          <div class="pager">
            <button type="button" class="button button-quiet" onClick={() => setAll(!all)}>
              {all ? "Show fewer" : `Show all ${mine.totals.length}`}
            </button>
          </div>
        )}
        <Unseen layers={Object.entries(mine.unseen)} />
      </Panel>
      {layer && <OneLayer mine={mine} theirs={theirs} layer={layer} />}
    </div>
  );
}

interface BarProps { total: Total; most: number; other: number | null; compared: boolean; chosen: boolean }

function Bar({ total, most, other, compared, chosen }: BarProps) {
  const { name, type, forward_ns: forward, backward_ns: backward } = total;
  const more = `${name} · ${type} · ${bytes(total.parameter_bytes)} of parameters · ${count(total.calls)} calls`;
  return (
    <li class="bar-row" aria-current={chosen ? "true" : undefined}>
      <button type="button" class="link" aria-pressed={chosen} title={more} onClick={() => set({ layer: name })}>
        <bdi>{name || "(the model)"}</bdi> <small class="muted">{type}</small>
      </button>
      <span class="bar-track" aria-hidden="true">
        <i class="forward" style={{ width: `${(forward / most) * 100}%` }} />
        <i class="backward" style={{ width: `${(backward / most) * 100}%` }} />
      </span>
      <span class="number">
        {nanoseconds(forward + backward)}
        {compared && <small class="under">{change(forward + backward, other)}</small>}
      </span>
    </li>
  );
}

function Unseen({ layers }: { layers: [string, string][] }) {
  if (!layers.length) return null;
  return (
    <details class="panel-body">
      <summary>{many(layers.length, "layer")} cannot be timed</summary>
      <ul class="plain">
        {layers.map(([name, reason]) => (
          <li key={name}>
            <bdi>{name}</bdi>: <span class="muted">{reason}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function totalOf(rank: Rank, name: string): number | null {
  const found = rank.totals.find((each) => each.name === name);
  return found ? found.forward_ns + found.backward_ns : null;
}

type Measure = "forward_ns" | "backward_ns" | "activation_bytes" | "grad_norm";

/** A layer over the steps, and the same layer of the other run. */
function OneLayer({ mine, theirs, layer }: { mine: Rank; theirs: Rank | null; layer: Layer }) {
  const other = theirs?.layers.find((each) => each.name === layer.name);
  const lines = (measure: Measure, label: string, color: string): Series[] => {
    const own: Series = { label, color, values: layer[measure], width: 2 };
    return other && theirs ? [own, { label: `the other's ${label}`, color: "muted", dash: [2, 3], values: over(mine.steps, theirs, other[measure]) }] : [own];
  };
  const charts: [Measure, string, string, (value: number) => string][] = [
    ["forward_ns", "forward", "direct", nanoseconds],
    ["backward_ns", "backward", "indirect", nanoseconds],
    ["activation_bytes", "activation memory", "model", bytes],
    ["grad_norm", "gradient norm", "masked", (value) => value.toPrecision(3)],
  ];
  return (
    <Panel title={layer.name ? `Layer ${layer.name}` : "The model"} class="half" more={<span class="muted">{layer.type}, {bytes(layer.parameter_bytes)} of parameters</span>}>
      {charts.map(([measure, label, color, format]) =>
        layer[measure].some((value) => value !== null) && (
          <Chart key={measure} title={`${label} of ${layer.name}`} x={mine.steps} series={lines(measure, label, color)} format={format} binary={format === bytes} height={110} sync="steps" />
        ),
      )}
    </Panel>
  );
}
