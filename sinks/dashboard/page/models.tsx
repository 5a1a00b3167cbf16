import { href, type Address } from "./address.ts";
import { full, leaf, where, type Paged, type Passport } from "./answers.ts";
import { useAnswer } from "./api.ts";
import { useArrivals } from "./live.ts";
import { Answered, Copyable, count, Empty, Heading, many, Panel } from "./parts.tsx";

export function ModelsPage({ address }: { address: Address }) {
  const models = useAnswer<Paged<Passport>>("/models", { limit: 1000 }, useArrivals(["record"], 1500));
  const wanted = address.query.get("model");
  return (
    <Answered answer={models}>
      {({ items }) => {
        if (!wanted) return <All models={items} />;
        const versions = items.filter((each) => full(each.model) === wanted);
        const version = address.query.get("version");
        const chosen = versions.find((each) => each.model.version === version) ?? versions.at(-1);
        return chosen ? <One passport={chosen} versions={versions} /> : <Unknown name={wanted} />;
      }}
    </Answered>
  );
}

function Unknown({ name }: { name: string }) {
  return (
    <>
      <Heading title="Models" />
      <Empty title={`No model is named ${name}`}>
        <a href={href("models")}>All models</a>
      </Empty>
    </>
  );
}

function All({ models }: { models: Passport[] }) {
  const groups = Map.groupBy(models, (each) => full(each.model));
  return (
    <>
      <Heading title="Models">
        <span>{many(groups.size, "model")}, each version with its passport</span>
      </Heading>
      {groups.size ? (
        <Panel title="Models">
          <div class="table">
            <table>
              <thead>
                <tr>
                  <th scope="col">Model</th>
                  <th scope="col">Newest version</th>
                  <th scope="col">Trained on</th>
                  <th scope="col">Metrics</th>
                  <th scope="col" class="number">Versions</th>
                </tr>
              </thead>
              <tbody>
                {[...groups.values()].map((versions) => {
                  const last = versions.at(-1)!.model;
                  return (
                    <tr key={full(last)}>
                      <td>
                        <a href={href("models", { model: full(last), version: last.version })}>
                          <bdi>{last.name}</bdi>
                        </a>
                        <small class="under">
                          <bdi>{last.namespace}</bdi>
                        </small>
                      </td>
                      <td>
                        <code title={last.version}>{last.version.slice(0, 18)}</code>
                      </td>
                      <td>{last.inputs.map((input) => leaf(input.name)).join(", ")}</td>
                      <td>{Object.entries(last.metrics).slice(0, 3).map(([name, value]) => `${name} ${figure(value)}`).join(", ")}</td>
                      <td class="number">{count(versions.length)}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        </Panel>
      ) : (
        <Empty title="No model was stated yet">
          In a training script: <code>with train_run("train", inputs=[…]) as r: … r.model("churn", model)</code>
        </Empty>
      )}
    </>
  );
}

function One({ passport, versions }: { passport: Passport; versions: Passport[] }) {
  const { model, code } = passport;
  return (
    <>
      <Heading title={model.name}>
        <span>
          passport of version <Copyable text={model.version} shown={model.version.slice(0, 18)} />
        </span>
        {versions.length > 1 && <span>{many(versions.length, "version")}</span>}
        <a href={href("models")}>All models</a>
      </Heading>
      {Object.keys(model.metrics).length > 0 && (
        <div class="tiles">
          {Object.entries(model.metrics).map(([name, value]) => (
            <section key={name} class="tile">
              <h2>
                <bdi>{name}</bdi>
              </h2>
              <strong>{figure(value)}</strong>
            </section>
          ))}
        </div>
      )}
      <div class="grid">
        <div class="wide stack">
          <Panel title="Trained on">{model.inputs.length ? model.inputs.map((input) => <Input key={full(input)} input={input} />) : <Empty title="No dataset was stated" />}</Panel>
          <div class="columns-two">
            <Pairs title="Hyperparameters" values={model.hyperparameters} />
            <Panel title="Weights">
              <dl class="pairs">
                <Pair name="Digest" value={model.artifact_digest} copy />
                <Pair name="Where" value={model.artifact_uri} />
                <Pair name="Framework" value={model.framework} />
                {Object.entries(model.registry).map(([name, value]) => (
                  <Pair key={name} name={name} value={String(value)} />
                ))}
                {model.bases.map((base) => (
                  <Pair key={base.name} name={base.relation} value={`${base.name}${base.version ? ` @ ${base.version}` : ""}`} />
                ))}
              </dl>
            </Panel>
            <Pairs title="Seeds" values={model.seeds} />
            <Pairs title="Determinism" values={model.determinism} />
            <Pairs title="Scheduler" values={model.scheduler} />
          </div>
        </div>
        <div class="third stack">
          <Panel title="Made by">
            <dl class="pairs">
              {model.run_id && (
                <>
                  <dt>Run</dt>
                  <dd>
                    <a href={href("runs", { run: model.run_id })}>{model.run_id}</a>
                  </dd>
                </>
              )}
              {model.job && <Pair name="Job" value={`${model.job.namespace}/${model.job.name}`} />}
              <Pair name="Commit" value={code?.commit} copy />
              <Pair name="Repository" value={code?.repository} />
              <Pair name="Changes" value={code?.dirty_diff} copy />
              <Pair name="Command" value={model.command.join(" ")} copy />
              <Pair name="Folder" value={model.folder} />
            </dl>
          </Panel>
          <Environment ran={passport.environment} />
          {versions.length > 1 && (
            <Panel title="Versions">
              <ul class="feed">
                {versions.map((each) => (
                  <li key={each.id}>
                    <a href={href("models", { model: full(each.model), version: each.model.version })} aria-current={each.id === passport.id ? "true" : undefined}>
                      <bdi>{each.model.version}</bdi>
                    </a>
                  </li>
                ))}
              </ul>
            </Panel>
          )}
        </div>
      </div>
      <p class="footnote">
        Record <Copyable text={passport.id} shown={`${passport.id.slice(0, 16)}…`} />: the hash of all that stands here. <code>headwater reproduce {model.name}</code> prints the recipe that makes it again.
      </p>
    </>
  );
}

function Input({ input }: { input: Passport["model"]["inputs"][number] }) {
  const subject = full({ namespace: input.namespace, name: input.name });
  return (
    <div class="panel-body">
      <p class="versioned">
        <a class="dataset" href={href("lineage", { subject, way: "upstream", depth: "10" })}>
          <bdi>{leaf(input.name)}</bdi>
          <small>
            <bdi>{where(input)}</bdi>
          </small>
        </a>
        <span>
          {input.role && <span class="tag">{input.role}</span>}{" "}
          {input.version && (
            <small class="muted" title={input.version}>
              {input.version_kind ?? "version"} <code>{input.version.slice(0, 20)}</code>
            </small>
          )}
        </span>
      </p>
      {input.rows && <p class="muted">Rows: {input.rows}</p>}
      <p class="names columns-used">
        {input.fields.map((field) => (
          <a key={field} href={href("lineage", { subject, column: `${subject}.${field}`, way: "upstream", depth: "10" })}>
            <bdi>{field}</bdi>
          </a>
        ))}
      </p>
    </div>
  );
}

function Environment({ ran }: { ran: Passport["environment"] }) {
  if (!ran) return null;
  const libraries = Object.entries(ran.libraries);
  return (
    <Panel title="Environment">
      <dl class="pairs">
        <Pair name="Python" value={ran.python} />
        <Pair name="Platform" value={ran.platform} />
        <Pair name="Image" value={ran.image_digest ?? ran.image} copy />
        {Object.entries(ran.hardware).map(([name, value]) => (
          <Pair key={name} name={name} value={value} />
        ))}
      </dl>
      {libraries.length > 0 && (
        <details class="panel-body">
          <summary>{many(libraries.length, "library", "libraries")}</summary>
          <dl class="pairs tight">
            {libraries.map(([name, version]) => (
              <Pair key={name} name={name} value={version} />
            ))}
          </dl>
        </details>
      )}
    </Panel>
  );
}

function Pairs({ title, values }: { title: string; values: Record<string, unknown> }) {
  const entries = Object.entries(values);
  if (!entries.length) return null;
  return (
    <Panel title={title}>
      <dl class="pairs">
        {entries.map(([name, value]) => (
          <Pair key={name} name={name} value={typeof value === "number" ? figure(value) : String(value)} />
        ))}
      </dl>
    </Panel>
  );
}

function Pair({ name, value, copy }: { name: string; value: string | null | undefined; copy?: boolean }) {
  if (!value) return null;
  return (
    <>
      <dt>
        <bdi>{name}</bdi>
      </dt>
      <dd>{copy ? <Copyable text={value} shown={value.length > 40 ? `${value.slice(0, 36)}…` : value} /> : <bdi title={value}>{value.length > 60 ? `${value.slice(0, 24)}…` : value}</bdi>}</dd>
    </>
  );
}

function figure(value: number): string {
  return Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(5)));
}
