// Search first: what the lineage page shows before one has said of what.
import { full, type DatasetName, type Paged, type Run } from "../answers.ts";
import { useAnswer } from "../api.ts";
import { useArrivals } from "../live.ts";
import { Answered, DatasetLinkTo, Empty, Heading } from "../parts.tsx";
import { SearchBox } from "../search.tsx";
import { choose } from "./asked.ts";

const RUNS = 40;
const SHOWN = 18;

export function Start() {
  const runs = useAnswer<Paged<Run>>("/runs", { limit: RUNS }, useArrivals(["record"], 1000));
  const datasets = new Map<string, DatasetName>();
  for (const run of runs.value?.items ?? []) for (const each of run.outputs) datasets.set(full(each), each);
  return (
    <div class="start">
      <Heading title="Lineage" />
      <p class="lead">Which column comes from where, and what rests on it.</p>
      <SearchBox label="Find a column or dataset" placeholder="Find a column or dataset" kinds={["column", "dataset"]} focus choose={choose} />
      <h2>Written of late</h2>
      <Answered answer={runs}>
        {() =>
          datasets.size ? (
            <ul class="chips">
              {[...datasets.values()].slice(0, SHOWN).map((name) => (
                <li key={full(name)}>
                  <DatasetLinkTo name={name} />
                </li>
              ))}
            </ul>
          ) : (
            <Empty title="Nothing was written yet">
              As soon as a job tells of a run, its datasets stand here. <code>headwater demo</code> brings some.
            </Empty>
          )
        }
      </Answered>
    </div>
  );
}
