import { href, type Address } from "./address.ts";
import type { DatasetName, JobName, Run } from "./answers.ts";
import { useAnswer } from "./api.ts";
import { useArrivals } from "./live.ts";
import { Answered, count, DatasetLinkTo, Empty, Heading, many, Panel, State, Tile, Time } from "./parts.tsx";
import { Table, type Column } from "./table.tsx";

const SESSIONS_SHOWN = 8;
const NUMBERS_SHOWN = 5;

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
interface Session {
  id: string;
  topic: string;
  emitted: number;
  arrived: number;
  stored: number;
  dead_lettered: number;
  waiting: number;
  dropped: Record<string, number>;
  lost: number;
  missing: number[];
  closed: string | null;
}
interface Losses {
  events: number;
  read: number;
  waiting: number;
  dead_letters: number;
  sessions: Session[];
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
    ["Column coverage", made ? `${Math.round((known / made) * 100)} %` : "–", `${count(known)} of ${count(made)}`],
    ["Left unresolved", count(health.unresolved_count), health.unresolved_count ? "in statements in force" : "nothing"],
    ["Runs without an end", count(health.orphans_count), "silent for an hour"],
    ["Stale derivations", count(health.stale_count), "no run for 30 days"],
  ];
  return (
    <div class="tiles">
      {tiles.map(([title, figure, more]) => (
        <Tile key={title} title={title} figure={figure} more={more} />
      ))}
    </div>
  );
}

const COVERAGE: Column<Health["coverage"][number]>[] = [
  { title: "Namespace", cell: (row) => <bdi>{row.namespace}</bdi> },
  { title: "Made", number: true, cell: (row) => count(row.made) },
  { title: "With columns", cell: (row) => <Meter part={row.with_columns} whole={row.made} /> },
  { title: "Fully resolved", number: true, cell: (row) => count(row.resolved) },
];

function Coverage({ rows }: { rows: Health["coverage"] }) {
  return (
    <Panel title="Coverage by namespace" class="half" more={<span class="muted">of datasets that some job makes</span>}>
      {rows.length ? (
        <Table columns={COVERAGE} rows={rows} keyOf={(row) => row.namespace} />
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

const SESSIONS: Column<Session>[] = [
  {
    title: "Emitter's session",
    cell: ({ id, closed }) => (
      <>
        <code title={id}>{id.slice(0, 12)}</code> {!closed && <small class="muted">open</small>}
      </>
    ),
  },
  { title: "Topic", cell: ({ topic }) => topic },
  { title: "Emitted", number: true, cell: ({ emitted }) => count(emitted) },
  { title: "Arrived", number: true, cell: ({ arrived }) => count(arrived) },
  { title: "Stored", number: true, cell: ({ stored }) => count(stored) },
  { title: "What else", cell: (session) => <Missing session={session} /> },
];

/** What became of events that are not stored. */
function Missing({ session: { lost, missing, dropped, dead_lettered, waiting } }: { session: Session }) {
  const tags: [string, string, number][] = [
    ["bad", missing.length ? `lost: ${missing.slice(0, NUMBERS_SHOWN).join(", ")}${missing.length > NUMBERS_SHOWN ? " …" : ""}` : "lost", lost],
    ["warn", "refused", dead_lettered],
    ...Object.entries(dropped).map(([reason, n]): [string, string, number] => ["warn", `dropped: ${reason}`, n]),
    ["plain", "waiting", waiting],
  ];
  const shown = tags.filter(([, , n]) => n > 0);
  if (!shown.length) return <span class="muted">nothing</span>;
  return (
    <span class="names">
      {shown.map(([tone, said, n]) => (
        <span key={said} class={`tag tag-${tone}`}>{count(n)} {said}</span>
      ))}
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
            {found.sessions.length > 0 && <Table columns={SESSIONS} rows={found.sessions.slice(0, SESSIONS_SHOWN)} keyOf={(session) => session.id + session.topic} />}
            {found.sessions_count > SESSIONS_SHOWN && <p class="pager">and {count(found.sessions_count - SESSIONS_SHOWN)} more</p>}
          </>
        )}
      </Answered>
    </Panel>
  );
}

const UNRESOLVED: Column<Health["unresolved"][number]>[] = [
  {
    title: "Reason",
    cell: ({ reason }) => (
      <>
        <span class="tag tag-warn">{reason}</span>
        <small class="under">{WORDS[reason]}</small>
      </>
    ),
  },
  { title: "Output", cell: ({ output }) => <DatasetLinkTo name={output} /> },
  {
    title: "Job",
    cell: ({ job }) => (
      <a href={href("runs", { job: `${job.namespace}/${job.name}` })}>
        <bdi>{job.name}</bdi>
      </a>
    ),
  },
  { title: "Which", cell: ({ field, detail }) => <bdi>{[field, detail].filter(Boolean).join(": ") || "the whole statement"}</bdi> },
];

function Unresolved({ health }: { health: Health }) {
  const reasons = Object.entries(health.reasons);
  return (
    <Panel title="Unresolved statements" class="wide" more={reasons.length > 0 && <span class="muted">{reasons.map(([reason, n]) => `${count(n)} ${reason}`).join(" · ")}</span>}>
      {health.unresolved.length ? (
        <>
          <Table columns={UNRESOLVED} rows={health.unresolved} keyOf={(_, n) => String(n)} />
          {health.unresolved_count > health.unresolved.length && <p class="pager">and {count(health.unresolved_count - health.unresolved.length)} more</p>}
        </>
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

const STALE: Column<Health["stale"][number]>[] = [
  { title: "Output", cell: ({ output }) => <DatasetLinkTo name={output} /> },
  { title: "Job", cell: ({ job }) => <bdi>{job.name}</bdi> },
  { title: "Last run", cell: ({ last_at }) => <Time at={last_at} /> },
];

function Stale({ health }: { health: Health }) {
  if (!health.stale.length) return null;
  return (
    <Panel title="Stale derivations" class="wide" more={<span class="muted">in force, but no run has confirmed them for 30 days</span>}>
      <Table columns={STALE} rows={health.stale} keyOf={(_, n) => String(n)} />
    </Panel>
  );
}
