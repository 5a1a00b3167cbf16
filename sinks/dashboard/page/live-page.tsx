import { useEffect, useState } from "preact/hooks";
import { href, type Address } from "./address.ts";
import type { DeadLetter, Paged, Run } from "./answers.ts";
import { ask, useAnswer, type Problem } from "./api.ts";
import { Chart } from "./chart.tsx";
import { useArrivals, useLive } from "./live.ts";
import { Answered, count, Empty, Heading, Panel, Refused, Tile, Time } from "./parts.tsx";
import { RunTable } from "./run-table.tsx";

interface Count { at: string; kept: Record<string, number>; ends: Record<string, number>; lags: Record<string, number> }

const TOPICS: [string, string, string][] = [
  ["lineage.events", "Events", "direct"],
  ["lineage.records", "Records", "model"],
  ["training.profiles", "Profiles", "masked"],
  ["lineage.dead-letters", "Dead letters", "bad"],
];
const GROUPS: [string, string, string][] = [
  ["headwater-worker", "Worker", "indirect"],
  ["headwater-graph", "Graph sink", "model"],
];
const KEPT = 180;
const RUNS = 12;

export function LivePage(_: { address: Address }) {
  const { counts, problem } = useCounts();
  return (
    <>
      <Heading title="Live">
        <span>What comes in, and how far its readers are.</span>
      </Heading>
      {problem ? <Refused problem={problem} /> : <Tiles counts={counts} />}
      <div class="grid">
        {!problem && <Charts counts={counts} />}
        <LatestRuns />
        <LatestLetters />
      </div>
    </>
  );
}

function Charts({ counts }: { counts: Count[] }) {
  return (
    <>
      <Panel title="Messages a second" class="wide">
        {counts.length > 1 ? <Rates counts={counts} /> : <Empty title="Counting …" />}
      </Panel>
      <Panel title="Consumer lag" class="third" more={<span class="muted">messages not read yet</span>}>
        {counts.length > 1 ? <Lags counts={counts} /> : <Empty title="Counting …" />}
      </Panel>
    </>
  );
}

/** Return the counts of the last minutes, a new one each second, or why there are none. */
function useCounts(): { counts: Count[]; problem: Problem | null } {
  const [counts, setCounts] = useState<Count[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    ask<Count[]>("/counters").then(
      (found) => setCounts((now) => [...found.filter((each) => !now.length || each.at < now[0].at), ...now]),
      setProblem,
    );
  }, []);
  useLive((events) => {
    const come = events.filter((event) => event.kind === "counters").map((event) => event.data as Count);
    if (come.length) setCounts((now) => [...now, ...come.filter((each) => !now.length || each.at > now[now.length - 1].at)].slice(-KEPT));
  });
  return { counts, problem };
}

function rates(counts: Count[], topic: string): (number | null)[] {
  return counts.map((each, n) => {
    if (!n) return null;
    const seconds = (Date.parse(each.at) - Date.parse(counts[n - 1].at)) / 1000;
    return seconds > 0 ? Math.max(0, (each.ends[topic] ?? 0) - (counts[n - 1].ends[topic] ?? 0)) / seconds : null;
  });
}

function Tiles({ counts }: { counts: Count[] }) {
  const last = counts.at(-1);
  return (
    <div class="tiles">
      {TOPICS.map(([topic, title, color]) => {
        const all = rates(counts, topic);
        return (
          <Tile key={topic} title={title} hint={topic} figure={last ? count(last.ends[topic] ?? 0) : "–"} more={rateOf(all.at(-1))}>
            <Spark values={all} color={color} />
          </Tile>
        );
      })}
      {GROUPS.map(([group, title, color]) => (
        <Tile key={group} title={`${title} lag`} hint={group} figure={last ? count(last.lags[group] ?? 0) : "–"} more={last && (last.lags[group] ? "behind" : "caught up")}>
          <Spark values={counts.map((each) => each.lags[group] ?? 0)} color={color} />
        </Tile>
      ))}
    </div>
  );
}

function rateOf(rate: number | null | undefined): string {
  return rate === null || rate === undefined ? "" : `${rate < 10 && rate % 1 ? rate.toFixed(1) : Math.round(rate)}/s`;
}

function Spark({ values, color }: { values: (number | null)[]; color: string }) {
  const known = values.map((value) => value ?? 0);
  const high = Math.max(1, ...known);
  const points = known.map((value, n) => `${((n / Math.max(1, known.length - 1)) * 100).toFixed(2)} ${(29 - (value / high) * 27).toFixed(2)}`);
  const line = points.length ? `M${points.join("L")}` : "";
  return (
    <svg class={`spark stroke-${color}`} viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
      {line && <path class="area" d={`${line}L100 30L0 30Z`} />}
      <path d={line} />
    </svg>
  );
}

function Rates({ counts }: { counts: Count[] }) {
  const x = counts.map((each) => Date.parse(each.at) / 1000);
  const series = TOPICS.map(([topic, label, color], n) => ({ label, color, dash: n === 3 ? [4, 3] : n === 2 ? [1, 3] : undefined, values: rates(counts, topic) }));
  return <Chart title="Messages a second by topic" x={x} series={series} time span={KEPT} least={5} format={(value) => String(Math.round(value * 10) / 10)} />;
}

function Lags({ counts }: { counts: Count[] }) {
  const x = counts.map((each) => Date.parse(each.at) / 1000);
  const series = GROUPS.map(([group, label, color], n) => ({ label, color, dash: n ? [5, 3] : undefined, values: counts.map((each) => each.lags[group] ?? 0) }));
  return <Chart title="Consumer lag" x={x} series={series} time span={KEPT} least={5} format={(value) => String(Math.round(value))} />;
}

/** The runs heard of last. What the stream tells of them is shown at once, the rest asked for soon after. */
function LatestRuns() {
  const arrivals = useArrivals(["record"], 1500);
  const runs = useAnswer<Paged<Run>>("/runs", { limit: RUNS }, arrivals);
  const [heard, setHeard] = useState<Map<string, Run>>(new Map());
  useLive((events) => {
    const told = events.filter((event) => event.kind === "record" && event.data.kind === "RunState").map((event) => event.data);
    if (!told.length) return;
    setHeard((now) => {
      const next = new Map(now);
      for (const said of told) {
        const { run_id, job, state, parent, observed_at: at } = said;
        const known = next.get(run_id);
        if (known && known.at > at) continue;
        next.delete(run_id);
        next.set(run_id, { run_id, job, state, at, started_at: known?.started_at ?? at, parent, inputs: [], outputs: [], brief: true });
      }
      return new Map([...next].slice(-RUNS));
    });
  });
  return (
    <Panel title="Latest runs" class="wide" more={<a href={href("runs")}>All runs</a>}>
      <Answered answer={runs}>
        {({ items }) => {
          const shown = merged(items, heard);
          const fresh = (run: Run) => heard.has(run.run_id);
          return shown.length ? <RunTable runs={shown} columns={["job", "state", "writes", "took", "heard"]} fresh={fresh} /> : <Empty title="No run has been heard of">Emit one, and it appears here at once. <code>headwater demo</code> brings some.</Empty>;
        }}
      </Answered>
    </Panel>
  );
}

function merged(asked: Run[], heard: Map<string, Run>): Run[] {
  const all = new Map(asked.map((run) => [run.run_id, run]));
  for (const run of heard.values()) {
    const known = all.get(run.run_id);
    if (!known) all.set(run.run_id, run);
    else if (Date.parse(run.at) > Date.parse(known.at)) all.set(run.run_id, { ...known, state: run.state, at: run.at });
  }
  return [...all.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, RUNS);
}

function LatestLetters() {
  const letters = useAnswer<Paged<DeadLetter>>("/dead-letters", { limit: 6 }, useArrivals(["dead_letter"]));
  return (
    <Panel title="Dead letters" class="third" more={<a href={href("dead-letters")}>All</a>}>
      <Answered answer={letters} lines={3}>
        {({ items }) =>
          items.length ? (
            <ul class="feed">
              {items.map((letter) => (
                <li key={letter.position.partition + ":" + letter.position.offset}>
                  <a href={href("dead-letters", { at: `${letter.position.partition}:${letter.position.offset}` })}>
                    <bdi>{letter.reason || "unknown reason"}</bdi>
                  </a>
                  <small class="muted">
                    {letter.stage} · <Time at={letter.at} />
                  </small>
                </li>
              ))}
            </ul>
          ) : (
            <Empty title="None">Every event could be read.</Empty>
          )
        }
      </Answered>
    </Panel>
  );
}
