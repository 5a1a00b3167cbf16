import { href, type Address } from "./address.ts";
import { full, leaf, where, type Paged, type Passport, type Scalars } from "./answers.ts";
import { useAnswer } from "./api.ts";
import { useArrivals } from "./live.ts";
import { brief, figure, Pair } from "./pairs.tsx";
import { Answered, Copyable, count, Empty, Heading, many, Panel, Tile } from "./parts.tsx";
import { Table, type Column } from "./table.tsx";

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

const COLUMNS: Column<Passport[]>[] = [
  {
    title: "Model",
    cell: (versions) => {
      const { model } = versions.at(-1)!;
      return (
        <>
          <a href={href("models", { model: full(model), version: model.version })}>
            <bdi>{model.name}</bdi>
          </a>
          <small class="under">
            <bdi>{model.namespace}</bdi>
          </small>
        </>
      );
    },
  },
  { title: "Newest version", cell: (versions) => <code title={versions.at(-1)!.model.version}>{versions.at(-1)!.model.version.slice(0, 18)}</code> },
  { title: "Trained on", cell: (versions) => <bdi>{versions.at(-1)!.model.inputs.map((input) => leaf(input.name)).join(", ")}</bdi> },
  { title: "Metrics", cell: (versions) => metrics(versions.at(-1)!.model.metrics) },
  { title: "Versions", number: true, cell: (versions) => count(versions.length) },
];

function metrics(values: Record<string, number>): string {
  return Object.entries(values).slice(0, 3).map(([name, value]) => `${name} ${figure(value)}`).join(", ");
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
          <Table columns={COLUMNS} rows={[...groups.values()]} keyOf={(versions) => full(versions[0].model)} />
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
            <Tile key={name} title={name} figure={figure(value)} />
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
                  <Pair key={name} name={name} value={value} />
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
                <Pair name="Run">
                  <a href={href("runs", { run: model.run_id })}>{model.run_id}</a>
                </Pair>
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
              {input.version_kind ?? "version"} <code>{brief(input.version)}</code>
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

function Pairs({ title, values }: { title: string; values: Scalars }) {
  const entries = Object.entries(values);
  if (!entries.length) return null;
  return (
    <Panel title={title}>
      <dl class="pairs">
        {entries.map(([name, value]) => (
          <Pair key={name} name={name} value={value} />
        ))}
      </dl>
    </Panel>
  );
}
