// What the lineage page shows of what: subject, path, direction, hops.
import { full } from "../answers.ts";
import { SearchBox } from "../search.tsx";
import { choose, type Asked, type SetAsked } from "./asked.ts";

const DEPTHS = [1, 2, 3, 4, 6, 10, 20, 50];
const WAYS = [["upstream", "←", "Upstream"], ["both", "↔", "Both ways"], ["downstream", "→", "Downstream"]];

export function Toolbar({ said, set }: { said: Asked; set: SetAsked }) {
  const depths = [...new Set([...DEPTHS, said.depth])].sort((a, b) => a - b);
  return (
    <div class="toolbar" role="toolbar" aria-label="What to show">
      <SearchBox label="Of which column or dataset" placeholder="Column or dataset" kinds={["column", "dataset"]} value={called(said.column ?? said.subject)} choose={choose} />
      <span class="arrow-to" aria-hidden="true">→</span>
      <SearchBox label="Path to which column or dataset" placeholder="path to …" kinds={["column", "dataset"]} value={said.to ? called(said.to) : ""} choose={(hit) => set({ to: full(hit.name), selected: null, at: null })} />
      {said.to ? (
        <button type="button" class="button button-quiet" onClick={() => set({ to: null, at: null })}>
          ✕ path
        </button>
      ) : (
        <Around said={said} set={set} depths={depths} />
      )}
      <label class="field" title="Leave out filters, joins, groups and the like">
        <input type="checkbox" checked={said.values} onChange={(event) => set({ values: event.currentTarget.checked ? "only" : null })} />
        Values only
      </label>
      <span class="spring" />
      <div class="segments" role="group" aria-label="Form">
        <button type="button" aria-pressed={!said.list} onClick={() => set({ view: null })}>
          Graph
        </button>
        <button type="button" aria-pressed={said.list} onClick={() => set({ view: "list" })}>
          List
        </button>
      </div>
    </div>
  );
}

function Around({ said, set, depths }: { said: Asked; set: SetAsked; depths: number[] }) {
  return (
    <>
      <div class="segments" role="group" aria-label="Direction">
        {WAYS.map(([way, mark, title]) => (
          <button key={way} type="button" aria-pressed={said.way === way} title={title} aria-label={title} onClick={() => set({ way: way === "both" ? null : way, at: null })}>
            {mark}
          </button>
        ))}
      </div>
      <label class="field">
        Hops
        <select value={said.depth} onChange={(event) => set({ depth: event.currentTarget.value, at: null })}>
          {depths.map((depth) => (
            <option key={depth} value={depth}>
              {depth}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

/** Return what people call a name: its last two parts. */
export function called(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).split(".").slice(-2).join(".");
}
