import { go, href, hrefWith, type Address } from "./address.ts";
import { full, type JobName, type Paged, type Run } from "./answers.ts";
import { useAnswer } from "./api.ts";
import { useArrivals } from "./live.ts";
import { brief, Pair } from "./pairs.tsx";
import { Answered, Copyable, count, DatasetLinkTo, Empty, Heading, many, Panel, State, Time } from "./parts.tsx";
import { RunTable, took } from "./run-table.tsx";
import { TrainingPanels } from "./training.tsx";

const PAGE = 50;
const RUNS_MAX = 1000;

interface RunDetails {
  summary: Run;
  states: { state: string; at: string }[];
  inputs: { namespace: string; name: string; version: string | null }[];
  outputs: { namespace: string; name: string; version: string | null }[];
  code: Record<"repository" | "commit" | "branch" | "path" | "dirty_diff" | "sql" | "image", string | null> | null;
  models: { namespace: string; name: string; version: string; id: string }[];
  profiled: boolean;
}

export function RunsPage({ address }: { address: Address }) {
  const { query } = address;
  const run = query.get("run");
  if (!run) return <AllRuns job={query.get("job")} limit={Number(query.get("limit")) || PAGE} />;
  return <OneRun id={run} other={query.get("with")} layer={query.get("layer")} rank={Number(query.get("rank")) || 0} />;
}

function jobOf(job: JobName): string {
  return `${job.namespace}/${job.name}`;
}

function AllRuns({ job, limit }: { job: string | null; limit: number }) {
  const runs = useAnswer<Paged<Run>>("/runs", { limit: job ? RUNS_MAX : limit }, useArrivals(["record"], 1000));
  return (
    <>
      <Heading title="Runs">
        {job ? (
          <>
            of <bdi>{job}</bdi> <a href={href("runs")}>All jobs</a>
          </>
        ) : (
          runs.value && <span>{many(runs.value.count, "run")} known</span>
        )}
      </Heading>
      <Panel title={job ? "Its runs" : "Latest first"}>
        <Answered answer={runs}>
          {({ items, next }) => {
            const shown = job ? items.filter((run) => jobOf(run.job) === job) : items;
            if (!shown.length) return <Empty title={job ? "No run of it is among the latest 1,000" : "No run has been heard of"}>A run appears as soon as its first event is read.</Empty>;
            return (
              <>
                <RunTable runs={shown} />
                {!job && next !== null && (
                  <div class="pager">
                    <button type="button" class="button" onClick={() => go(hrefWith({ limit: String(limit + PAGE) }), true)}>
                      Show more
                    </button>
                  </div>
                )}
              </>
            );
          }}
        </Answered>
      </Panel>
    </>
  );
}

function OneRun({ id, other, layer, rank }: { id: string; other: string | null; layer: string | null; rank: number }) {
  const again = useArrivals(["record"], 1000);
  const run = useAnswer<RunDetails>("/run", { run: id }, again);
  return (
    <Answered answer={run} lines={10}>
      {(found) => (
        <>
          <Heading title={found.summary.job.name}>
            <State state={found.summary.state} />
            <span>{took(found.summary)}</span>
            <a href={href("runs", { job: jobOf(found.summary.job) })}>All its runs</a>
          </Heading>
          <div class="grid">
            <Details run={found} />
            <Data run={found} />
          </div>
          {found.profiled ? (
            <TrainingPanels run={id} job={found.summary.job} other={other} layer={layer} rank={rank} again={found.summary.state === "COMPLETE" ? 0 : again} />
          ) : (
            <p class="footnote">
              This run was not profiled. In a training script: <code>with profile(model, run=r): …</code>
            </p>
          )}
        </>
      )}
    </Answered>
  );
}

function Details({ run: { summary, states, code } }: { run: RunDetails }) {
  return (
    <Panel title="Run and code" class="half">
      <dl class="pairs">
        <Pair name="Run" value={summary.run_id} copy />
        <Pair name="Job" value={jobOf(summary.job)} />
        {summary.parent && (
          <Pair name="Part of">
            <a href={href("runs", { run: summary.parent })}>{summary.parent}</a>
          </Pair>
        )}
        <Pair name="States">
          {states.map((each, n) => (
            <div key={n}>
              <State state={each.state} /> <Time at={each.at} />
            </div>
          ))}
        </Pair>
        {code?.commit && (
          <Pair name="Commit">
            <Copyable text={code.commit} shown={code.commit.slice(0, 12)} /> {code.branch && <span class="muted">on {code.branch}</span>} {code.dirty_diff && <span class="tag tag-warn">with changes</span>}
          </Pair>
        )}
        <Pair name="Repository" value={code?.repository} />
        <Pair name="Path" value={code?.path} />
        <Pair name="Image" value={code?.image} />
      </dl>
      {code?.sql && <pre class="raw" tabIndex={0} aria-label="Its SQL">{code.sql}</pre>}
    </Panel>
  );
}

function Data({ run }: { run: RunDetails }) {
  return (
    <Panel title="Data" class="half" more={<span class="muted">{count(run.inputs.length)} in, {count(run.outputs.length)} out</span>}>
      <dl class="pairs">
        <Pair name="Reads">
          <Versioned datasets={run.inputs} />
        </Pair>
        <Pair name="Writes">
          <Versioned datasets={run.outputs} />
        </Pair>
        {run.models.length > 0 && (
          <Pair name="Models">
            {run.models.map((model) => (
              <div key={model.id}>
                <a href={href("models", { model: `${model.namespace}/${model.name}`, version: model.version })}>
                  <bdi>{model.name}</bdi>
                </a>{" "}
                <small class="muted">@ {brief(model.version)}</small>
              </div>
            ))}
          </Pair>
        )}
      </dl>
    </Panel>
  );
}

function Versioned({ datasets }: { datasets: RunDetails["inputs"] }) {
  if (!datasets.length) return <span class="muted">nothing stated</span>;
  return (
    <>
      {datasets.map((each) => (
        <div key={full(each)} class="versioned">
          <DatasetLinkTo name={each} />
          {each.version && (
            <small class="muted" title={each.version}>
              version <code>{brief(each.version)}</code>
            </small>
          )}
        </div>
      ))}
    </>
  );
}
