// The training profile of a run, beside another's where one is chosen.
import { useMemo, useState } from "preact/hooks";
import type { JobName, Paged, Run } from "./answers.ts";
import { useAnswer } from "./api.ts";
import { Chart, type Series } from "./chart.tsx";
import { Answered, bytes, count, Empty, many, nanoseconds, Panel, told } from "./parts.tsx";

type Values = (number | null)[];
interface Layer { name: string; type: string; parameter_bytes: number; forward_ns: Values; backward_ns: Values; activation_bytes: Values; grad_norm: Values }
interface Total { name: string; type: string; forward_ns: number; backward_ns: number; activation_bytes_max: number | null; parameter_bytes: number; calls: number; non_finite_steps: number }
interface Rank {
  rank: number;
  world_size: number;
  clock: string | null;
  memory_source: string | null;
  windows_count: number;
  steps: number[];
  wall_ns: Record<"p50" | "p90" | "max", Values>;
  phases: Record<string, Values>;
  memory_bytes: Values;
  memory_bytes_max: Values;
  layers: Layer[];
  totals: Total[];
  unseen: Record<string, string>;
  missing: number;
  end: { status: string; steps: number; dropped: Record<string, number>; error: string | null; failed_layer: string | null; failed_phase: string | null; failed_step: number | null } | null;
}
interface Training { run_id: string; ranks: Rank[] }

const COLORS = ["direct", "indirect", "model", "masked", "bad", "warn", "muted"];
const DASHES: (number[] | undefined)[] = [undefined, [7, 3], [2, 3], [9, 3, 2, 3], [4, 4], [1, 4], [12, 4]];
const LAYERS_SHOWN = 14;

interface Props { run: string; job: JobName; other: string | null; compare: (run: string | null) => void; again: unknown }

export function TrainingPanels({ run, job, other, compare, again }: Props) {
  const training = useAnswer<Training>("/run/training", { run }, again);
  const second = useAnswer<Training>(other ? "/run/training" : null, { run: other });
  const [rank, setRank] = useState(0);
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
                  <select value={mine.rank} onChange={(event) => setRank(Number(event.currentTarget.value))}>
                    {ranks.map((each) => (
                      <option key={each.rank}>{each.rank}</option>
                    ))}
                  </select>
                </label>
              )}
              <span class="spring" />
              <Comparing run={run} job={job} other={other} compare={compare} />
            </div>
            {theirs && <Compared mine={mine} theirs={theirs} />}
            <div class="grid">
              <StepTime mine={mine} theirs={theirs} />
              <Phases mine={mine} />
              <Layers mine={mine} theirs={theirs} />
              <Memory mine={mine} theirs={theirs} />
            </div>
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
function Comparing({ run, job, other, compare }: { run: string; job: JobName; other: string | null; compare: Props["compare"] }) {
  const runs = useAnswer<Paged<Run>>("/runs", { limit: 1000 });
  const others = (runs.value?.items ?? []).filter((each) => each.job.name === job.name && each.job.namespace === job.namespace && each.run_id !== run);
  return (
    <label class="field">
      Compare with
      <select value={other ?? ""} disabled={!others.length && !other} onChange={(event) => compare(event.currentTarget.value || null)}>
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

function median(values: Values): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length ? known[known.length >> 1] : null;
}

/** How two runs differ, most first: where the time went. */
function Compared({ mine, theirs }: { mine: Rank; theirs: Rank }) {
  const rows = [
    { what: "step", mine: median(mine.wall_ns.p50), theirs: median(theirs.wall_ns.p50), show: nanoseconds },
    ...Object.keys(mine.phases).map((name) => ({ what: name, mine: median(mine.phases[name]), theirs: median(theirs.phases[name] ?? []), show: nanoseconds })),
    { what: "memory", mine: Math.max(...mine.memory_bytes_max.map((value) => value ?? 0)), theirs: Math.max(...theirs.memory_bytes_max.map((value) => value ?? 0)), show: bytes },
  ];
  return (
    <Panel title="This run and the other">
      <div class="table">
        <table>
          <thead>
            <tr>
              <th scope="col">Median of</th>
              <th scope="col" class="number">This run</th>
              <th scope="col" class="number">The other</th>
              <th scope="col" class="number">Change</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.what}>
                <td>{row.what}</td>
                <td class="number">{row.show(row.mine)}</td>
                <td class="number">{row.show(row.theirs)}</td>
                <td class="number">{change(row.mine, row.theirs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function change(now: number | null, then: number | null) {
  if (!now || !then) return "–";
  const percent = (now / then - 1) * 100;
  const tone = Math.abs(percent) < 5 ? "muted" : percent > 0 ? "tag tag-bad" : "tag tag-good";
  return (
    <span class={tone}>
      {percent > 0 ? "+" : percent < 0 ? "−" : ""}
      {Math.abs(percent).toFixed(1)} % {Math.abs(percent) < 5 ? "" : percent > 0 ? "slower" : "faster"}
    </span>
  );
}

/** Lay another run's values over the steps of this one, as far as both go. */
function over(steps: number[], theirs: Rank, values: Values): Values {
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
    <Panel title="Time of a step" class="half">
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
    <Panel title="Phases of a step" class="half" more={<span class="muted">medians{mine.clock ? `, ${mine.clock}` : ""}</span>}>
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
    <Panel title="Memory" class="half" more={<span class="muted">{mine.memory_source === "process" ? "of the process" : "of the device's allocator"}</span>}>
      <Chart title="Memory" x={mine.steps} series={series} format={bytes} xLabel="step" sync="steps" />
    </Panel>
  );
}

function Layers({ mine, theirs }: { mine: Rank; theirs: Rank | null }) {
  const [all, setAll] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = all ? mine.totals : mine.totals.slice(0, LAYERS_SHOWN);
  const most = Math.max(1, ...mine.totals.map((each) => each.forward_ns + each.backward_ns));
  const layer = mine.layers.find((each) => each.name === chosen);
  const unseen = Object.entries(mine.unseen);
  return (
    <Panel title="Layers" class="half" more={<span class="muted">forward and backward in all sampled steps</span>}>
      {mine.totals.length ? (
        <>
          <p class="chart-legend">
            <span><i class="stroke-direct" />forward</span>
            <span><i class="stroke-indirect" />backward</span>
          </p>
          <ul class="bars">
            {shown.map((each) => (
              <li key={each.name} class="bar-row">
                <button type="button" class="link" aria-pressed={chosen === each.name} title={`${each.name} · ${each.type} · ${bytes(each.parameter_bytes)} of parameters · ${count(each.calls)} calls`} onClick={() => setChosen(chosen === each.name ? null : each.name)}>
                  <bdi>{each.name || "(the model)"}</bdi> <small class="muted">{each.type}</small>
                </button>
                <span class="bar-track" aria-hidden="true">
                  <i class="forward" style={{ width: `${(each.forward_ns / most) * 100}%` }} />
                  <i class="backward" style={{ width: `${(each.backward_ns / most) * 100}%` }} />
                </span>
                <span class="number">
                  {nanoseconds(each.forward_ns + each.backward_ns)}
                  {theirs && <small class="under">{change(each.forward_ns + each.backward_ns, totalOf(theirs, each.name))}</small>}
                </span>
              </li>
            ))}
          </ul>
          {mine.totals.length > LAYERS_SHOWN && (
            <div class="pager">
              <button type="button" class="button button-quiet" onClick={() => setAll(!all)}>
                {all ? "Show fewer" : `Show all ${mine.totals.length}`}
              </button>
            </div>
          )}
          {layer && <OneLayer rank={mine} layer={layer} />}
        </>
      ) : (
        <Empty title="No layer was timed" />
      )}
      {unseen.length > 0 && (
        <details class="panel-body">
          <summary>{many(unseen.length, "layer")} cannot be timed</summary>
          <ul class="plain">
            {unseen.map(([name, reason]) => (
              <li key={name}>
                <bdi>{name}</bdi>: <span class="muted">{reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}

function totalOf(rank: Rank, name: string): number | null {
  const found = rank.totals.find((each) => each.name === name);
  return found ? found.forward_ns + found.backward_ns : null;
}

function OneLayer({ rank, layer }: { rank: Rank; layer: Layer }) {
  const times: Series[] = [
    { label: "forward", color: "direct", values: layer.forward_ns },
    { label: "backward", color: "indirect", dash: [7, 3], values: layer.backward_ns },
  ];
  const norms: Series[] = [{ label: "gradient norm", color: "masked", values: layer.grad_norm }];
  return (
    <div class="one-layer">
      <h3>
        <bdi>{layer.name}</bdi> · {layer.type}
      </h3>
      <Chart title={`Times of ${layer.name}`} x={rank.steps} series={times} format={nanoseconds} height={130} sync="steps" />
      {layer.grad_norm.some((value) => value !== null) && <Chart title={`Gradient norm of ${layer.name}`} x={rank.steps} series={norms} format={(value) => value.toPrecision(3)} height={110} sync="steps" />}
    </div>
  );
}
