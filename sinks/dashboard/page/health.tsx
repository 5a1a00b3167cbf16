import { href, type Address } from "./address.ts";
import type { DatasetName, JobName, Run } from "./answers.ts";
import { useAnswer } from "./api.ts";
import { useArrivals } from "./live.ts";
import { Answered, count, DatasetLinkTo, Empty, Heading, many, Panel, State, Time } from "./parts.tsx";

interface Health {
  orphans: Run[];
  orphans_count: number;
  unresolved: { job: JobName; output: DatasetName; reason: string; field: string | null; detail: string | null }[];
  unresolved_count: number;
  reasons: Record<string, number>;
  coverage: { namespace: string; made: number; with_columns: number; resolved: number }[];
  stale: { job: JobName; output: DatasetName; last_at: string }[];
  stale_count: number;
}
interface Losses {
  events: number;
  read: number;
  waiting: number;
  dead_letters: number;
  sessions: { id: string; topic: string; emitted: number; arrived: number; dropped: Record<string, number>; lost: number; closed: boolean }[];
  sessions_count: number;
  lost: number;
}

const WORDS: Record<string, string> = {
  unknown_schema: "the schema of a table is not known",
  ambiguous_column: "a column may be of several tables",
  unknown_column: "no table has the column",
  parse_error: "the SQL could not be read",
  timeout: "it took too long",
  out_of_memory: "it took too much memory",
  too_large: "the statement is too large",
  dynamic_sql: "the SQL is made while it runs",
  unsupported: "a construct is not supported",
};

export function HealthPage(_: { address: Address }) {
  const again = useArrivals(["record", "dead_letter"], 3000);
  const health = useAnswer<Health>("/health", {}, again);
  return (
    <>
      <Heading title="Health">
        <span>What is missing, and why.</span>
      </Heading>
      <Answered answer={health} lines={10}>
        {(found) => (
          <>
            <Summary health={found} />
            <div class="grid">
              <Coverage rows={found.coverage} />
              <Loss again={again} />
              <Unresolved health={found} />
              <Orphans health={found} />
              <Stale health={found} />
            </div>
          </>
        )}
      </Answered>
    </>
  );
}

function Summary({ health }: { health: Health }) {
  const made = health.coverage.reduce((sum, each) => sum + each.made, 0);
  const known = health.coverage.reduce((sum, each) => sum + each.with_columns, 0);
  const tiles: [string, string, string][] = [
    ["Datasets known column by column", made ? `${Math.round((known / made) * 100)} %` : "–", `${count(known)} of ${count(made)}`],
    ["Left unresolved", count(health.unresolved_count), health.unresolved_count ? "in statements in force" : "nothing"],
    ["Runs without an end", count(health.orphans_count), "silent for an hour"],
    ["Stale derivations", count(health.stale_count), "no run for 30 days"],
  ];
  return (
    <div class="tiles">
      {tiles.map(([title, figure, more]) => (
        <section key={title} class="tile">
          <h2>{title}</h2>
          <strong>
            {figure} <small>{more}</small>
          </strong>
        </section>
      ))}
    </div>
  );
}

function Coverage({ rows }: { rows: Health["coverage"] }) {
  return (
    <Panel title="Coverage by namespace" class="half" more={<span class="muted">of datasets that some job makes</span>}>
      {rows.length ? (
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">Namespace</th>
                <th scope="col" class="number">Made</th>
                <th scope="col">With columns</th>
                <th scope="col" class="number">Fully resolved</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.namespace}>
                  <td>
                    <bdi>{row.namespace}</bdi>
                  </td>
                  <td class="number">{count(row.made)}</td>
                  <td>
                    <Meter part={row.with_columns} whole={row.made} />
                  </td>
                  <td class="number">{count(row.resolved)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Empty title="No job has made anything yet" />
      )}
    </Panel>
  );
}

function Meter({ part, whole }: { part: number; whole: number }) {
  const percent = whole ? Math.round((part / whole) * 100) : 0;
  return (
    <span class="metered">
      <span class="meter" aria-hidden="true">
        <i style={{ width: `${percent}%` }} />
      </span>
      <span class="number">{percent} %</span>
    </span>
  );
}

function Loss({ again }: { again: number }) {
  const losses = useAnswer<Losses>("/health/losses", {}, again);
  return (
    <Panel title="Accounting" class="half" more={<span class="muted">what became of every event emitted</span>}>
      <Answered answer={losses} lines={3}>
        {(found) => (
          <>
            <dl class="figures padded">
              <div><dt>in the log</dt><dd>{count(found.events)}</dd></div>
              <div><dt>read by the worker</dt><dd>{count(found.read)}</dd></div>
              <div><dt>waiting</dt><dd>{count(found.waiting)}</dd></div>
              <div><dt>dead letters</dt><dd>{count(found.dead_letters)}</dd></div>
              <div><dt>lost</dt><dd class={found.lost ? "badge-bad" : "badge-good"}>{count(found.lost)}</dd></div>
            </dl>
            {found.sessions.length > 0 && (
              <div class="table">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Emitter's session</th>
                      <th scope="col">Topic</th>
                      <th scope="col" class="number">Emitted</th>
                      <th scope="col" class="number">Arrived</th>
                      <th scope="col">Dropped or lost</th>
                    </tr>
                  </thead>
                  <tbody>
                    {found.sessions.slice(0, 8).map((session) => (
                      <tr key={session.id + session.topic}>
                        <td>
                          <code title={session.id}>{session.id.slice(0, 12)}</code> {!session.closed && <small class="muted">open</small>}
                        </td>
                        <td>{session.topic}</td>
                        <td class="number">{count(session.emitted)}</td>
                        <td class="number">{count(session.arrived)}</td>
                        <td>
                          {session.lost > 0 && <span class="tag tag-bad">{count(session.lost)} lost</span>}
                          {Object.entries(session.dropped).map(([reason, n]) => (
                            <span key={reason} class="tag tag-warn">{count(n)} {reason}</span>
                          ))}
                          {!session.lost && !Object.keys(session.dropped).length && <span class="muted">none</span>}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </>
        )}
      </Answered>
    </Panel>
  );
}

function Unresolved({ health }: { health: Health }) {
  const reasons = Object.entries(health.reasons);
  return (
    <Panel title="Unresolved statements" class="wide" more={reasons.length > 0 && <span class="muted">{reasons.map(([reason, n]) => `${count(n)} ${reason}`).join(" · ")}</span>}>
      {health.unresolved.length ? (
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">Reason</th>
                <th scope="col">Output</th>
                <th scope="col">Job</th>
                <th scope="col">Which</th>
              </tr>
            </thead>
            <tbody>
              {health.unresolved.map((each, n) => (
                <tr key={n}>
                  <td>
                    <span class="tag tag-warn">{each.reason}</span>
                    <small class="under">{WORDS[each.reason]}</small>
                  </td>
                  <td>
                    <DatasetLinkTo name={each.output} />
                  </td>
                  <td>
                    <a href={href("runs", { job: `${each.job.namespace}/${each.job.name}` })}>
                      <bdi>{each.job.name}</bdi>
                    </a>
                  </td>
                  <td>
                    <bdi>{[each.field, each.detail].filter(Boolean).join(": ") || "the whole statement"}</bdi>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {health.unresolved_count > health.unresolved.length && <p class="pager">and {count(health.unresolved_count - health.unresolved.length)} more</p>}
        </div>
      ) : (
        <Empty title="Every statement in force is resolved" />
      )}
    </Panel>
  );
}

function Orphans({ health }: { health: Health }) {
  return (
    <Panel title="Runs without an end" class="third">
      {health.orphans.length ? (
        <ul class="feed">
          {health.orphans.slice(0, 30).map((run) => (
            <li key={run.run_id}>
              <a href={href("runs", { run: run.run_id })}>
                <bdi>{run.job.name}</bdi>
              </a>{" "}
              <State state={run.state} />
              <small class="muted">
                silent since <Time at={run.at} />
              </small>
            </li>
          ))}
          {health.orphans_count > 30 && <li class="muted">and {many(health.orphans_count - 30, "more", "more")}</li>}
        </ul>
      ) : (
        <Empty title="None">Every run that began has ended, or was heard of in the last hour.</Empty>
      )}
    </Panel>
  );
}

function Stale({ health }: { health: Health }) {
  if (!health.stale.length) return null;
  return (
    <Panel title="Stale derivations" class="wide" more={<span class="muted">in force, but no run has confirmed them for 30 days</span>}>
      <div class="table">
        <table>
          <thead>
            <tr>
              <th scope="col">Output</th>
              <th scope="col">Job</th>
              <th scope="col">Last run</th>
            </tr>
          </thead>
          <tbody>
            {health.stale.map((each, n) => (
              <tr key={n}>
                <td>
                  <DatasetLinkTo name={each.output} />
                </td>
                <td>
                  <bdi>{each.job.name}</bdi>
                </td>
                <td>
                  <Time at={each.last_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
