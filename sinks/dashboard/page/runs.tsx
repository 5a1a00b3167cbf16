import { useState } from "preact/hooks";
import { go, href, hrefWith, type Address, type Values } from "./address.ts";
import { full, type JobName, type Paged, type Run } from "./answers.ts";
import { useAnswer } from "./api.ts";
import { useArrivals } from "./live.ts";
import { Answered, Copyable, count, DatasetLinkTo, duration, Empty, Heading, many, Panel, State, Time } from "./parts.tsx";
import { TrainingPanels } from "./training.tsx";

const PAGE = 50;

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
  const run = address.query.get("run");
  return run ? <OneRun id={run} other={address.query.get("with")} /> : <AllRuns address={address} />;
}

function jobOf(job: JobName): string {
  return `${job.namespace}/${job.name}`;
}

function AllRuns({ address }: { address: Address }) {
  const [limit, setLimit] = useState(PAGE);
  const job = address.query.get("job");
  const runs = useAnswer<Paged<Run>>("/runs", { limit: job ? 1000 : limit }, useArrivals(["record"], 1000));
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
                    <button type="button" class="button" onClick={() => setLimit(limit + PAGE)}>
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

function RunTable({ runs }: { runs: Run[] }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">State</th>
            <th scope="col">Reads</th>
            <th scope="col">Writes</th>
            <th scope="col" class="number">Took</th>
            <th scope="col">Heard of last</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.run_id}>
              <td>
                <a href={href("runs", { run: run.run_id })}>
                  <bdi>{run.job.name}</bdi>
                </a>
                <small class="under">
                  <bdi>{run.job.namespace}</bdi>
                </small>
              </td>
              <td>
                <State state={run.state} />
              </td>
              <td>{names(run.inputs)}</td>
              <td>{names(run.outputs)}</td>
              <td class="number">{duration(Date.parse(run.at) - Date.parse(run.started_at))}</td>
              <td>
                <Time at={run.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function names(datasets: Run["inputs"]) {
  if (!datasets.length) return <span class="muted">–</span>;
  return (
    <>
      <DatasetLinkTo name={datasets[0]} />
      {datasets.length > 1 && (
        <small class="under" title={datasets.slice(1).map(full).join("\n")}>
          and {datasets.length - 1} more
        </small>
      )}
    </>
  );
}

function OneRun({ id, other }: { id: string; other: string | null }) {
  const again = useArrivals(["record"], 1000);
  const run = useAnswer<RunDetails>("/run", { run: id }, again);
  const set = (values: Values) => go(hrefWith(values));
  return (
    <>
      <Answered answer={run}>
        {(found) => (
          <>
            <Heading title={found.summary.job.name}>
              <State state={found.summary.state} />
              <span>{duration(Date.parse(found.summary.at) - Date.parse(found.summary.started_at))}</span>
              <a href={href("runs", { job: jobOf(found.summary.job) })}>All its runs</a>
            </Heading>
            <div class="grid">
              <Details run={found} />
              <Data run={found} />
            </div>
            {found.profiled ? (
              <TrainingPanels run={id} job={found.summary.job} other={other} compare={(chosen) => set({ with: chosen })} again={found.summary.state === "COMPLETE" ? 0 : again} />
            ) : (
              <Panel title="Training">
                <Empty title="This run was not profiled">
                  In a training script: <code>with profile(model, run=r): …</code>
                </Empty>
              </Panel>
            )}
          </>
        )}
      </Answered>
    </>
  );
}

function Details({ run }: { run: RunDetails }) {
  const code = run.code;
  return (
    <Panel title="Run and code" class="half">
      <dl class="pairs">
        <dt>Run</dt>
        <dd>
          <Copyable text={run.summary.run_id} />
        </dd>
        <dt>Job</dt>
        <dd>
          <bdi>{jobOf(run.summary.job)}</bdi>
        </dd>
        {run.summary.parent && (
          <>
            <dt>Part of</dt>
            <dd>
              <a href={href("runs", { run: run.summary.parent })}>{run.summary.parent}</a>
            </dd>
          </>
        )}
        <dt>States</dt>
        <dd>
          {run.states.map((each, n) => (
            <div key={n}>
              <State state={each.state} /> <Time at={each.at} />
            </div>
          ))}
        </dd>
        {code?.commit && (
          <>
            <dt>Commit</dt>
            <dd>
              <Copyable text={code.commit} shown={code.commit.slice(0, 12)} /> {code.branch && <span class="muted">on {code.branch}</span>} {code.dirty_diff && <span class="tag tag-warn">with changes</span>}
            </dd>
          </>
        )}
        {code?.repository && (
          <>
            <dt>Repository</dt>
            <dd>
              <bdi>{code.repository}</bdi>
              {code.path && <bdi> · {code.path}</bdi>}
            </dd>
          </>
        )}
        {code?.image && (
          <>
            <dt>Image</dt>
            <dd>{code.image}</dd>
          </>
        )}
      </dl>
      {code?.sql && <pre class="raw">{code.sql}</pre>}
    </Panel>
  );
}

function Data({ run }: { run: RunDetails }) {
  const list = (title: string, datasets: RunDetails["inputs"]) => (
    <>
      <dt>{title}</dt>
      <dd>
        {datasets.length ? (
          datasets.map((each) => (
            <div key={full(each)} class="versioned">
              <DatasetLinkTo name={each} />
              {each.version && (
                <small class="muted" title={each.version}>
                  version <code>{each.version.slice(0, 12)}</code>
                </small>
              )}
            </div>
          ))
        ) : (
          <span class="muted">nothing stated</span>
        )}
      </dd>
    </>
  );
  return (
    <Panel title="Data" class="half" more={<span class="muted">{count(run.inputs.length)} in, {count(run.outputs.length)} out</span>}>
      <dl class="pairs">
        {list("Reads", run.inputs)}
        {list("Writes", run.outputs)}
        {run.models.length > 0 && (
          <>
            <dt>Models</dt>
            <dd>
              {run.models.map((model) => (
                <div key={model.id}>
                  <a href={href("models", { model: `${model.namespace}/${model.name}`, version: model.version })}>
                    <bdi>{model.name}</bdi>
                  </a>{" "}
                  <small class="muted">@ {model.version.slice(0, 12)}</small>
                </div>
              ))}
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}
