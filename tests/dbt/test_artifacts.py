"""dbt's artifacts become runs, columns and schemas; a real dbt wrote those read here."""

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy import dbt
from headwater.producers.dbt import runs
from headwater.producers.dbt.artifacts import Artifacts, read
from headwater.producers.dbt.profile import namespace
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.records import Derivation, RunState
from tests.deploy.test_cli import headwater
from tests.processors.logs import dead_letters, of_kind, process

from .record import RECORDED

_WHO = ("NAME", "EMAIL")

PLACE = runs.Place(database="duckdb:///home/shop.duckdb")
CUSTOMERS = {
    "customer_id": {"stg_customers.customer_id"},
    "full_name": {"stg_customers.full_name"},
    "email": {"stg_customers.email"},
    "country_code": {"stg_customers.country_code"},
    "country": {"countries.country"},
    "lifetime_value": {"stg_payments.amount"},
    "last_order_at": {"stg_orders.placed_at"},
}


@pytest.fixture
def recorded() -> Artifacts:
    return read(RECORDED)


def events(found: Artifacts, told: runs.Told | None = None) -> list[dict[str, Any]]:
    return list(runs.events(found, PLACE, told or runs.Told()))


def of_wrapper() -> list[dict[str, Any]]:
    """What OpenLineage's wrapper told of the same build."""
    lines = (RECORDED / "events.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def in_force(said: list[dict[str, Any]]) -> dict[str, Derivation]:
    """The last derivation of each table, by its short name."""
    outcome = process(said)
    assert [] == dead_letters(outcome)
    found = [d for d in of_kind(outcome, "Derivation") if isinstance(d, Derivation)]
    return {d.output.name.rpartition(".")[2]: d for d in found}


def sources(derivation: Derivation) -> dict[str, set[str]]:
    return {
        output.field: {f"{i.name.rpartition('.')[2]}.{i.field}" for i in output.inputs}
        for output in derivation.fields
    }


def without_catalog(found: Artifacts) -> Artifacts:
    return Artifacts(found.manifest, found.run_results)


@pytest.mark.parametrize("catalog", [True, False])
def test_columns_lead_through_ephemeral_models_and_stars_to_their_sources(
    recorded: Artifacts, catalog: bool
) -> None:
    """With the catalog or without: what a model leaves is known to those that read it."""
    found = in_force(events(recorded if catalog else without_catalog(recorded)))
    assert sources(found["customers"]) == CUSTOMERS
    assert sources(found["daily_revenue"]) == {
        "day": {"stg_orders.placed_at"},
        "revenue": {"stg_payments.amount"},
    }
    deciding = {(i.name.rpartition(".")[2], i.field, i.subtype) for i in found["customers"].dataset}
    assert ("stg_orders", "status", "FILTER") in deciding
    assert ("countries", "code", "JOIN") in deciding


def test_a_snapshot_of_a_star_has_its_columns_from_the_catalog(recorded: Artifacts) -> None:
    """No model makes the source, so the database has to say what it holds."""
    assert not sources(in_force(events(without_catalog(recorded)))["order_history"])
    assert set(sources(in_force(events(recorded))["order_history"])) == {
        "id", "customer", "placed_at", "status",
    }  # fmt: skip


def test_a_model_in_python_is_known_by_its_tables(recorded: Artifacts) -> None:
    """Python is not read as SQL."""
    best = in_force(events(recorded))["best_customers"]
    assert ["shop.main.customers"] == [i.name for i in best.inputs]
    assert () == best.unresolved


def test_the_wrapper_of_openlineage_says_the_same_of_every_model(recorded: Artifacts) -> None:
    """Its own reading of the SQL names a CTE as a table and misses what `*` stands for."""
    ours, theirs = in_force(events(without_catalog(recorded))), in_force(of_wrapper())
    models = {name for name, derivation in theirs.items() if derivation.fields}
    assert {"customers", "daily_revenue", "stg_customers", "stg_orders", "stg_payments"} <= models
    for name in models:
        assert (ours[name].fields, ours[name].dataset) == (
            theirs[name].fields,
            theirs[name].dataset,
        )


def test_what_somebody_documented_is_no_schema() -> None:
    """The wrapper states the documented columns as if there were no others."""
    said = of_wrapper()
    assert any("schema" in d["facets"] for e in said for d in (e.get("inputs") or ()))
    assert [] == of_kind(process(said), "DatasetVersion")


def test_importing_again_adds_nothing(recorded: Artifacts) -> None:
    """The events are a function of the artifacts."""
    assert events(recorded) == events(recorded)


def test_each_node_is_a_run_within_that_of_dbt(recorded: Artifacts) -> None:
    """With its state; a node that was skipped has none, and is told."""
    told = runs.Told()
    said = of_kind(process(events(recorded, told)), "RunState")
    states = [r for r in said if isinstance(r, RunState)]
    ended = {r.job.name: r.state for r in states if r.state != "START"}
    assert ended["model.shop.customers"] == "COMPLETE"
    assert ended["model.shop.broken"] == ended["shop.build"] == "FAIL"
    assert "model.shop.after_broken" not in ended
    assert told.nodes["model", "skipped"] == 1
    (whole,) = {r.run_id for r in states if r.job.name == "shop.build"}
    assert {whole} == {r.parent for r in states if r.job.name not in ("shop.build",)}


def test_a_failure_says_why_without_the_data(recorded: Artifacts) -> None:
    """What stands in quotes may be a value."""
    (failed,) = [
        e for e in events(recorded)
        if e.get("eventType") == "FAIL" and e["job"]["name"] == "model.shop.broken"
    ]  # fmt: skip
    message = failed["run"]["facets"]["errorMessage"]["message"]
    assert "Runtime Error in model broken" in message
    assert '"' not in message


def test_tests_say_what_they_found_of_which_column(recorded: Artifacts) -> None:
    """As OpenLineage's facet for assertions; one that only warns fails no run."""
    found = {
        e["job"]["name"].split(".")[2]: (e["eventType"], d["inputFacets"]["dataQualityAssertions"])
        for e in events(recorded)
        for d in e.get("inputs", ())
        if "inputFacets" in d and e["eventType"] != "START"
    }
    state, facet = found["not_null_customers_customer_id"]
    assert state == "COMPLETE"
    assert [{"assertion": "not_null", "success": True, "column": "customer_id"}] == facet[
        "assertions"
    ]
    state, facet = found["accepted_values_customers_country__Switzerland"]
    assert (state, facet["assertions"][0]["success"]) == ("COMPLETE", False)


def test_ephemeral_models_are_no_tables(recorded: Artifacts) -> None:
    """What they read is read by those that read them; seeds are tables like others."""
    said = [e for e in events(recorded) if e.get("job", {}).get("name") == "model.shop.customers"]
    assert {d["name"] for d in said[0]["inputs"]} == {
        "shop.main.stg_orders", "shop.main.stg_payments", "shop.main.stg_customers",
        "shop.main.countries",
    }  # fmt: skip


def test_a_dashboard_rests_on_its_models(recorded: Artifacts) -> None:
    """dbt calls it an exposure."""
    board = in_force(events(recorded))["revenue_board"]
    assert ["shop.main.daily_revenue"] == [i.name for i in board.inputs]


def test_what_was_only_compiled_is_no_run(recorded: Artifacts) -> None:
    """`dbt docs generate` writes `success` of nodes that it never ran."""
    results = copy.deepcopy(dict(recorded.run_results or {}))
    results["args"]["which"] = "generate"
    told = runs.Told()
    said = events(Artifacts(recorded.manifest, results, recorded.catalog), told)
    assert told.schemas == len(said) > 8
    assert {"dataset"} == {key for e in said for key in e if key in ("dataset", "job")}
    with pytest.raises(HeadwaterError, match="nothing was run"):
        events(Artifacts(recorded.manifest, results))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"type": "postgres", "host": "db", "port": 5433}, "postgres://db:5433"),
        ({"type": "postgres", "host": "db"}, "postgres://db:5432"),
        ({"type": "snowflake", "account": "org-acct"}, "snowflake://org-acct"),
        ({"type": "bigquery", "project": "p"}, "bigquery"),
        ({"type": "duckdb", "path": "{{ env_var('SHOP', 'x.db') }}"}, "duckdb:///data/shop.db"),
        ({"type": "duckdb", "path": "{{ env_var(\"NONE\", 'x.db') }}"}, "duckdb://x.db"),
        ({"type": "databricks", "host": "h.example"}, "databricks://h.example"),
    ],
)
def test_the_profile_says_where_the_tables_are(
    tmp_path: Path, output: dict[str, Any], expected: str
) -> None:
    """As OpenLineage names each engine; values may come from the environment."""
    profiles = {"shop": {"target": "dev", "outputs": {"dev": output}}}
    (tmp_path / "dbt_project.yml").write_text("profile: shop\n")
    (tmp_path / "profiles.yml").write_text(json.dumps(profiles))
    args = {"project_dir": str(tmp_path), "profiles_dir": str(tmp_path)}
    assert expected == namespace(args, {"SHOP": "/data/shop.db"})


def test_a_profile_that_computes_its_address_has_to_be_told(tmp_path: Path) -> None:
    """Jinja is dbt's to run."""
    output = {"type": "duckdb", "path": "{{ var('where') }}"}
    profiles = {"shop": {"target": "dev", "outputs": {"dev": output}}}
    (tmp_path / "dbt_project.yml").write_text("profile: shop\n")
    (tmp_path / "profiles.yml").write_text(json.dumps(profiles))
    with pytest.raises(HeadwaterError, match="computes it"):
        namespace({"project_dir": str(tmp_path), "profiles_dir": str(tmp_path)}, {})


def test_a_profile_that_says_nothing_has_a_remedy(tmp_path: Path) -> None:
    """The namespace can always be named."""
    with pytest.raises(HeadwaterError) as failure:
        namespace({"project_dir": str(tmp_path), "profiles_dir": str(tmp_path)}, {})
    assert "--namespace" in str(failure.value.remedy)


@pytest.mark.parametrize(("committed", "told"), [("2026-01-01", True), ("2099-01-01", False)])
def test_a_node_s_code_is_that_of_the_commit_it_was_run_from(
    tmp_path: Path, committed: str, told: bool
) -> None:
    """A commit that came later made nothing of this."""
    shutil.copytree(RECORDED.parent / "project", tmp_path / "shop")
    target = shutil.copytree(RECORDED, tmp_path / "shop" / "target")
    results = json.loads((target / "run_results.json").read_text())
    results["args"]["project_dir"] = str(tmp_path / "shop")
    (target / "run_results.json").write_text(json.dumps(results))
    date = f"{committed}T00:00:00+00:00"
    who = {f"GIT_{each}_{what}": "t@x" for each in ("AUTHOR", "COMMITTER") for what in _WHO}
    settings = os.environ | who | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    for words in (("init", "-q"), ("add", "shop/models"), ("commit", "-qm", "shop")):
        subprocess.run(("git", *words), cwd=tmp_path, env=settings, check=True)
    said = list(dbt.events(target, database=PLACE.database, told=runs.Told()))
    (facet,) = {
        json.dumps(e["job"]["facets"].get("sourceCodeLocation"))
        for e in said
        if e.get("job", {}).get("name") == "model.shop.customers"
    }
    assert told is ('"path": "shop/models/marts/customers.sql"' in facet)
    assert told is (facet != "null")


def test_the_command_counts_what_it_would_emit(tmp_path: Path) -> None:
    """`--dry-run` reads all and emits nothing."""
    words = ("import", "dbt", str(RECORDED), "--namespace", PLACE.database, "--dry-run", "--json")
    done = headwater(*words, home=tmp_path)
    said = json.loads(done.stdout)
    assert (said["emitted"], said["exposures"]) == (False, 1)
    assert {"kind": "model", "status": "error", "count": 1} in said["nodes"]
    assert said["events"] == len(events(read(RECORDED)))


def test_the_wrapper_ends_as_dbt_does_and_tells_what_it_did(tmp_path: Path) -> None:
    """A stand-in for dbt leaves the artifacts of a build that failed."""
    project = tmp_path / "shop"
    project.mkdir()
    shutil.copy(RECORDED.parent / "project" / "dbt_project.yml", project)
    profile = {"shop": {"target": "dev", "outputs": {"dev": {"type": "duckdb", "path": "x.db"}}}}
    (project / "profiles.yml").write_text(json.dumps(profile))
    results = json.loads((RECORDED / "run_results.json").read_text())
    results["args"] |= {"project_dir": str(project), "profiles_dir": str(project)}
    (tmp_path / "run_results.json").write_text(json.dumps(results))
    dbt = tmp_path / "dbt"
    dbt.write_text(
        f"#!{sys.executable}\nimport pathlib, shutil, sys\n"
        f"target = pathlib.Path({str(project)!r}) / 'target'\ntarget.mkdir()\n"
        f"shutil.copy({str(RECORDED / 'manifest.json')!r}, target)\n"
        f"pathlib.Path(target / 'run_results.json').write_bytes("
        f"pathlib.Path({str(tmp_path / 'run_results.json')!r}).read_bytes())\nsys.exit(1)\n"
    )
    dbt.chmod(0o755)
    told = tmp_path / "told.jsonl"
    settings = {"HEADWATER_TRANSPORT": "file", "HEADWATER_FILE": str(told)}
    spool = {"HEADWATER_SPOOL_DIR": str(tmp_path / "spool")}
    words = ("run", str(dbt), "build", "--project-dir", str(project))
    done = headwater(*words, home=tmp_path, **settings, **spool)
    assert (1, "") == (done.returncode, done.stderr)
    said = [json.loads(line) for line in told.read_text().splitlines()]
    jobs = {e["job"]["name"] for e in said if "job" in e}
    assert {"shop.build", "model.shop.customers"} <= jobs
