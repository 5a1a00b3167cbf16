"""Which versions of models rest on something, who owns them, and when they were last made."""

from ..answers import ModelAtRisk, ModelsAtRisk, ModelUse
from ..ask import Ask
from .annotations import Standings, Target
from .store import Store
from .times import EVER, as_numbers, moment
from .walked import Walked


def at_risk(store: Store, walked: Walked, ask: Ask) -> ModelsAtRisk:
    """Return the versions of models that were trained on what was walked."""
    as_of, known_at = as_numbers(ask)
    latest = set(store.models.latest(as_of, known_at).values())
    standings = store.annotations.in_force(as_of, known_at)
    uses = walked.models()
    jobs = {use.id: next(iter(store.training_jobs([use.id])), None) for use in uses}
    last = store.runs.last_of(
        (job for job in jobs.values() if job), EVER if as_of is None else as_of
    )
    versions = []
    for use in uses:
        number, job = store.models.number(use.id), jobs[use.id]
        at, state = last.get(job, (None, None)) if job else (None, None)
        versions.append(
            ModelAtRisk(
                use,
                latest=number in latest,
                trained_at=moment(store.models.at(number)),
                job=job,
                run_id=store.models.get(number).run_id,
                last_run_at=None if at is None else moment(at),
                last_run_state=state,
                owners=_owners(standings, use, store, number),
            )
        )
    versions.sort(key=lambda v: (v.use.namespace, v.use.name, not v.latest, v.trained_at, v.use.id))
    page = tuple(versions[ask.start : ask.start + ask.limit])
    models = {(use.namespace, use.name) for use in uses}
    return ModelsAtRisk(walked.subject, page, len(models), walked.closure.cut, store.positions())


def _owners(standings: Standings, use: ModelUse, store: Store, number: int) -> tuple[str, ...]:
    """Return the owners of a model; of its job where the model has none."""
    job = store.models.get(number).job
    targets = [Target("model", use.namespace, use.name)]
    if job is not None:
        targets.append(Target("job", job.namespace, job.name))
    for target in targets:
        owners = [s.record.value for s in standings.get(target, ()) if s.record.key == "owner"]
        if owners:
            return tuple(owners)
    return ()
