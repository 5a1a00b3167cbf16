// The path from one column or dataset to another, step by step.
import { full, short, type Named, type Path, type Related } from "../answers.ts";
import type { Answer } from "../api.ts";
import { Answered, Empty } from "../parts.tsx";
import type { Asked, SetAsked } from "./asked.ts";

export function PathSteps({ path, said, set }: { path: Answer<Path>; said: Asked; set: SetAsked }) {
  return (
    <>
      <h2>The strongest path</h2>
      <Answered answer={path}>
        {(found) =>
          found.steps.length ? (
            <ol class="steps">
              <Step name={found.source} />
              {found.steps.map((step) => (
                <Step key={full(step.name)} name={step.name} related={step} />
              ))}
            </ol>
          ) : (
            <Empty title="No way leads there">
              {found.cut ? `As far as was looked: ${found.cut}.` : "Values and influence go downstream only: try it the other way round."}{" "}
              <button type="button" class="link" onClick={() => set({ subject: said.to, column: null, to: said.column ?? said.subject, at: null })}>
                Turn it round
              </button>
            </Empty>
          )
        }
      </Answered>
    </>
  );
}

function Step({ name, related }: { name: Named; related?: Related }) {
  const said = related?.evidence;
  return (
    <li>
      {related && said && (
        <p class="step-by">
          <span class={`tag tag-${said.type === "DIRECT" ? (said.masking ? "masked" : "direct") : "indirect"}`}>{said.subtype.toLowerCase().replaceAll("_", " ")}</span>
          {said.masking && " masked"} by <bdi>{said.job.name}</bdi>
          {said.known_by && <small class="muted"> · {said.known_by}</small>}
        </p>
      )}
      <strong>
        <bdi>{short(name)}</bdi>
      </strong>
    </li>
  );
}
