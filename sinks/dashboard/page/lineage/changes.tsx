// What changed between two times, and by which run and commit.
import type { ComponentChildren, VNode } from "preact";
import { href } from "../address.ts";
import { full, short, type Cause, type Diff } from "../answers.ts";
import type { Answer } from "../api.ts";
import { Answered, count, many, Time } from "../parts.tsx";
import type { Asked, SetAsked } from "./asked.ts";

const SHOWN = 100;

export function Differences({ diff, said, set }: { diff: Answer<Diff>; said: Asked; set: SetAsked }) {
  return (
    <>
      <h2>What changed</h2>
      <p class="muted">
        <Time at={said.before!} /> to <Time at={said.after!} />
      </p>
      <Answered answer={diff}>
        {({ columns, edges, datasets, models, counts, cut }) => (
          <>
            <Changes title="dataset" count={counts.datasets}>
              {datasets.map((each) => (
                <Changed key={full(each.name) + each.change} change={each.change} cause={each.cause}>
                  <bdi>{short(each.name)}</bdi>
                  {each.previous && (
                    <>
                      , before <bdi>{short(each.previous)}</bdi>
                    </>
                  )}
                </Changed>
              ))}
            </Changes>
            <Changes title="column" count={counts.columns}>
              {columns.map((each) => (
                <Changed key={full(each.name)} change={each.change} cause={each.cause}>
                  <bdi>{short(each.name)}</bdi>
                  {each.before && each.after && <span class="muted"> {`${each.before} → ${each.after}`}</span>}
                </Changed>
              ))}
            </Changes>
            <Changes title="link" count={counts.edges}>
              {edges.map((each) => (
                <Changed key={full(each.source) + full(each.target) + each.job.name} change={each.change} cause={each.cause}>
                  <bdi>{short(each.source)}</bdi> → <bdi>{short(each.target)}</bdi>{" "}
                  <span class="muted">{[...each.before, ...each.after].map((how) => how.subtype.toLowerCase().replaceAll("_", " ")).join(", ")}</span>
                </Changed>
              ))}
            </Changes>
            <Changes title="model" count={counts.models}>
              {models.map((each) => (
                <Changed key={full(each)} change={each.before ? "retrained" : "added"} cause={each.cause}>
                  <a href={href("models", { model: full(each), version: each.after })}>
                    <bdi>{each.name}</bdi>
                  </a>{" "}
                  {[...each.added.map((name) => `+${short(name)}`), ...each.removed.map((name) => `−${short(name)}`)].join(" ")}
                </Changed>
              ))}
            </Changes>
            {!Object.values(counts).some(Boolean) && <p class="muted">Nothing up- or downstream of it did.</p>}
            {cut && <p class="muted">There is more: {cut}.</p>}
          </>
        )}
      </Answered>
      <button type="button" class="button button-quiet" onClick={() => set({ before: null, after: null })}>
        Back to one time
      </button>
    </>
  );
}

function Changes({ title, count: all, children }: { title: string; count: number; children: VNode[] }) {
  if (!all) return null;
  return (
    <>
      <h3>{many(all, title)}</h3>
      <ul class="links">
        {children.slice(0, SHOWN)}
        {all > SHOWN && <li class="muted">and {count(all - SHOWN)} more</li>}
      </ul>
    </>
  );
}

/** A change, and by which run and commit it came. */
function Changed({ change, cause, children }: { change: string; cause: Cause | null; children: ComponentChildren }) {
  const tone = { added: "added", removed: "removed", dropped: "removed" }[change] ?? "warn";
  return (
    <li>
      <span class={`tag tag-${tone}`}>{change}</span> {children}
      {cause && (
        <small class="muted">
          {cause.run_id ? (
            <a href={href("runs", { run: cause.run_id })}>
              <bdi>{cause.job?.name ?? "its run"}</bdi>
            </a>
          ) : (
            <bdi>{cause.job?.name}</bdi>
          )}
          {cause.commit && (
            <>
              {" "}
              at <code title={cause.commit}>{cause.commit.slice(0, 10)}</code>
            </>
          )}{" "}
          · <Time at={cause.at} />
        </small>
      )}
    </li>
  );
}
