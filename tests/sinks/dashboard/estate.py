"""Estates for the pages: one of everything, one of any size, one of hostile names."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from headwater.schemas.records import (
    DatasetRef,
    DatasetVersion,
    Derivation,
    Envelope,
    Environment,
    FieldType,
    JobRef,
    JobVersion,
    LayerProfile,
    ModelInput,
    ModelVersion,
    Quantiles,
    RunState,
    TrainingEnd,
    TrainingProfile,
    Unresolved,
    record_id,
    wrap,
)

from ..graph.estate import Estate, told

SHOP = Estate("postgres://shop")
T0 = datetime(2026, 1, 1, tzinfo=UTC)

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "javascript:alert(1)",
    "__proto__",
    "constructor",
    "a|b&c=d#e?f%00",
    "\u202egnp.exe",
    "{{7*7}}${7*7}",
    "‮ \u0000é🛩️ \n\t line",
    "x" * 900,
)


def everything() -> list[Envelope]:
    """Return a small shop: masked, direct and indirect columns, a model, a profile, an orphan."""
    source, column = SHOP.source, SHOP.derivation
    made = [
        column(
            "customers",
            {"id": [source("raw_customers.id")], "email": [source("raw_customers.email")]},
        ),
        column(
            "orders",
            {"id": [source("raw_orders.id")], "price": [source("raw_orders.price")]},
            dataset=[source("raw_orders.state", "FILTER")],
        ),
        column(
            "sales",
            {
                "who": [source("customers.email", "TRANSFORMATION", masking=True)],
                "total": [source("orders.price", "AGGREGATION")],
            },
            dataset=[source("customers.id", "JOIN"), source("orders.id", "JOIN")],
        ),
        column("report", {"total": [source("sales.total")]}),
        column(
            "audit", dataset=[source("sales.who", "FILTER")], unresolved=[
                Unresolved(reason="unknown_schema", detail="raw_extra")
            ], inputs=["raw_extra"],
        ),
    ]  # fmt: skip
    return [*SHOP.in_force(*made), *_training(), *_runs()]


def changed() -> list[Envelope]:
    """Return a table whose source is another one from the second day on."""
    first = SHOP.derivation("ledger", {"sum": [SHOP.source("orders.price")]})
    second = SHOP.derivation("ledger", {"sum": [SHOP.source("sales.total")]})
    return [
        *told(first, SHOP.resolution(first, at="2026-01-01T00:00:00Z", run="one")),
        *told(second, SHOP.resolution(second, at="2026-01-02T00:00:00Z", run="two")),
    ]


def hostile() -> list[Envelope]:
    """Return a chain of tables and columns, each of a name that would be more than a name."""
    estate = Estate("evil://<b>ns</b>")
    names = [name for name in HOSTILE if "." not in name]
    made = [
        Derivation(
            job=JobRef(namespace="<i>jobs</i>", name=f"<u>{after}</u>"),
            output=DatasetRef(namespace=estate.namespace, name=after),
            method="parsed",
            fields=(
                {
                    "field": after,
                    "inputs": [
                        {
                            "namespace": estate.namespace,
                            "name": before,
                            "field": before,
                            "type": "DIRECT",
                            "subtype": "<s>IDENTITY</s>",
                        }
                    ],
                },
            ),
            inputs=(DatasetRef(namespace=estate.namespace, name=before),),
        )
        for before, after in pairwise(names)
    ]
    runs = [
        RunState(
            run_id=f"<run>{name}",
            job=JobRef(namespace="<i>jobs</i>", name=f"<u>{name}</u>"),
            state="COMPLETE",
            at="2026-01-01T00:00:00Z",
            outputs=(DatasetRef(namespace=estate.namespace, name=name),),
        )
        for name in HOSTILE
    ]
    valid = [Derivation.model_validate(each.model_dump()) for each in made]
    return [*estate.in_force(*valid), *told(*runs)]


def large(datasets: int, links: int) -> tuple[str, list[Envelope]]:
    """Return a subject and an estate of so many datasets around it, in a few layers."""
    estate = Estate("db://large")
    per_layer = max(1, datasets // 8)
    made = []
    for n in range(1, datasets):
        first = max(0, n - per_layer)
        count = 1 + (n * 7) % max(1, round(2 * links / datasets) - 1)
        sources = {first + (n * 13 + k * 29) % (n - first) for k in range(count)}
        fields = {"a": [estate.source(f"t{each}.a") for each in sorted(sources)]}
        made.append(estate.derivation(f"t{n}", fields))
    return "db://large/t0", estate.in_force(*made)


def _training() -> Iterator[Envelope]:
    run, job = "11111111-2222-4333-8444-555555555555", JobRef(namespace="ml", name="train")
    code = JobVersion(
        namespace="ml", name="train", repository="git@example.org:ml.git", commit="c0ffee" * 6
    )
    environment = Environment(python="3.11.7", libraries={"torch": "2.15.0"})
    sales = DatasetRef(namespace=SHOP.namespace, name="sales", version="v7")
    other = run.replace("1", "9")
    yield from told(code, environment)
    for each, slower in ((run, 1.0), (other, 1.4)):
        for n, state in enumerate(("START", "COMPLETE")):
            yield from told(
                RunState(
                    run_id=each,
                    job=job,
                    job_version=record_id(code),
                    state=state,
                    at=f"2026-01-01T01:{n:02d}:00Z",
                    inputs=(sales,),
                )
            )
        yield from told(*(_window(each, seq, slower) for seq in range(20)))
    yield from told(
        ModelVersion(
            namespace="ml",
            name="churn",
            version="7",
            run_id=run,
            job=job,
            job_version=record_id(code),
            environment=record_id(environment),
            inputs=(
                ModelInput(namespace=SHOP.namespace, name="sales", fields=("total", "who")),
            ),
            hyperparameters={"learning_rate": 0.003, "layers": 4},
            seeds={"torch": 13},
            metrics={"auc": 0.9132},
            artifact_digest="sha256:" + "ab" * 32,
            command=("python", "train.py", "--fast"),
        )
    )  # fmt: skip


def _window(run: str, seq: int, slower: float) -> TrainingProfile:
    def spread(ns: float) -> Quantiles:
        wave = ns * slower * (1 + 0.2 * ((seq * 7) % 5) / 5)
        return Quantiles(count=10, p50=wave, p90=wave * 1.3, max=wave * 2, sum=wave * 10)

    layers = tuple(
        LayerProfile(
            name=f"encoder.{n}",
            type="Linear",
            calls=10,
            forward_ns=spread(4e5 * (n + 1)),
            backward_ns=spread(9e5 * (n + 1)),
            activation_bytes=spread(2**20 * (n + 1)),
            grad_norm=spread(0.1),
            parameter_bytes=4096 * (n + 1),
        )
        for n in range(6)
    )
    return TrainingProfile(
        run_id=run,
        seq=seq,
        first_step=seq * 10,
        last_step=seq * 10 + 9,
        steps=10,
        sampled_steps=2,
        wall_ns=spread(2e7),
        phases={"forward": spread(6e6), "backward": spread(1e7), "data": spread(1e6)},
        layers=layers,
        memory_bytes=2**28 + seq * 2**20,
        memory_bytes_max=2**29,
        memory_source="process",
        end=TrainingEnd(status="complete", events=20, steps=200) if seq == 19 else None,
    )


def _runs() -> Iterator[Envelope]:
    """Runs of every state; one began and was never heard of again."""
    for n, state in enumerate(("COMPLETE", "FAIL", "ABORT", "START")):
        at = (T0 + timedelta(minutes=n)).isoformat()
        yield wrap(
            RunState(
                run_id=f"run-{state.lower()}",
                job=JobRef(namespace="etl", name=f"job_{state.lower()}"),
                state=state,
                at=at,
                inputs=(SHOP.dataset("orders"),),
                outputs=(SHOP.dataset("sales"), SHOP.dataset("report")),
            ),
            observed_at=at,
            event_id=f"e{n}",
        )
    schema = (FieldType(name="id"), FieldType(name="email"), FieldType(name="phone"))
    yield from told(
        DatasetVersion(namespace=SHOP.namespace, name="raw_customers", fields=schema)
    )  # fmt: skip
