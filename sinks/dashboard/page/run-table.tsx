import { href } from "./address.ts";
import { full, type Run } from "./answers.ts";
import { DatasetLinkTo, duration, State, Time } from "./parts.tsx";
import { Table, type Column } from "./table.tsx";

const COLUMNS: Record<"job" | "state" | "reads" | "writes" | "took" | "heard", Column<Run>> = {
  job: {
    title: "Job",
    cell: (run) => (
      <>
        <a href={href("runs", { run: run.run_id })}>
          <bdi>{run.job.name}</bdi>
        </a>
        <small class="under">
          <bdi>{run.job.namespace}</bdi>
        </small>
      </>
    ),
  },
  state: { title: "State", cell: (run) => <State state={run.state} /> },
  reads: { title: "Reads", cell: (run) => datasets(run.inputs, run.brief) },
  writes: { title: "Writes", cell: (run) => datasets(run.outputs, run.brief) },
  took: { title: "Took", number: true, cell: (run) => took(run) },
  heard: { title: "Heard of last", cell: (run) => <Time at={run.at} /> },
};

interface Props { runs: Run[]; columns?: (keyof typeof COLUMNS)[]; fresh?: (run: Run) => boolean }

export function RunTable({ runs, columns = ["job", "state", "reads", "writes", "took", "heard"], fresh }: Props) {
  return <Table columns={columns.map((name) => COLUMNS[name])} rows={runs} keyOf={(run) => run.run_id} fresh={fresh} />;
}

export function took(run: Run): string {
  return duration(Date.parse(run.at) - Date.parse(run.started_at));
}

function datasets(names: Run["inputs"], brief = false) {
  if (!names.length) return <span class="muted">{brief ? "…" : "–"}</span>;
  return (
    <>
      <DatasetLinkTo name={names[0]} />
      {names.length > 1 && (
        <small class="under" title={names.slice(1).map(full).join("\n")}>
          and {names.length - 1} more
        </small>
      )}
    </>
  );
}
