"""The files for Docker Compose and Kubernetes: as their schemas want them, and safe by default."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import compose_spec
import kubernetes_validate
import pytest
import yaml

from headwater.deploy.cli import COMMANDS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
OWN_IMAGE = "headwater"

# Of Kustomize and of Prometheus' operator, which Kubernetes itself does not know.
_FOREIGN = ("kustomize.config.k8s.io", "monitoring.coreos.com")

Manifest = dict[str, Any]


def manifests() -> list[Manifest]:
    """Every document of every file."""
    return [
        document
        for path in sorted(KUBERNETES.rglob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
    ]


def told(manifest: Manifest) -> str:
    """What a test calls it."""
    return f"{manifest['kind']}-{manifest.get('metadata', {}).get('name', '')}"


OWN = [each for each in manifests() if not each["apiVersion"].startswith(_FOREIGN)]
WORKLOADS = [each for each in OWN if "template" in each.get("spec", {})]
SERVICES = {
    name: service
    for name, service in yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].items()
    if service["image"].partition(":")[0] == OWN_IMAGE
}


def pod(workload: Manifest) -> Manifest:
    """What its pods are."""
    found: Manifest = workload["spec"]["template"]["spec"]
    return found


def named(kind: str) -> dict[str, Manifest]:
    """The manifests of a kind."""
    return {each["metadata"]["name"]: each for each in OWN if each["kind"] == kind}


@pytest.mark.parametrize("manifest", OWN, ids=told)
def test_kubernetes_knows_every_field(manifest: Manifest) -> None:
    """Strictly: a misspelt one would be left out without a word."""
    kubernetes_validate.validate(manifest, "1.31", strict=True)


def test_every_file_is_applied() -> None:
    """None is written and forgotten, and none is named that does not exist."""
    for path in KUBERNETES.rglob("kustomization.yaml"):
        resources = yaml.safe_load(path.read_text())["resources"]
        files = {other.name for other in path.parent.glob("*.yaml")} - {path.name}
        assert files == set(resources)


@pytest.mark.parametrize("workload", WORKLOADS, ids=told)
def test_pods_keep_to_the_restricted_profile(workload: Manifest) -> None:
    """And to a root file system that nobody writes to."""
    spec = pod(workload)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert "RuntimeDefault" == spec["securityContext"]["seccompProfile"]["type"]
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} == set(container["resources"])


@pytest.mark.parametrize("workload", WORKLOADS, ids=told)
def test_what_a_pod_names_is_there(workload: Manifest) -> None:
    """Labels, volumes, ports, ConfigMaps, claims and services fit each other."""
    spec, labels = pod(workload), workload["spec"]["template"]["metadata"]["labels"]
    claims = {each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", ())}
    volumes = {volume["name"] for volume in spec["volumes"]} | claims
    (container,) = spec["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    assert {each["configMapRef"]["name"] for each in container["envFrom"]} <= set(
        named("ConfigMap")
    )
    for volume in spec["volumes"]:
        if claim := volume.get("persistentVolumeClaim"):
            assert claim["claimName"] in named("PersistentVolumeClaim")
    if "selector" in workload["spec"]:
        assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
    if workload["kind"] != "Job":
        service = named("Service")[workload["metadata"]["name"]]
        assert service["spec"]["selector"].items() <= labels.items()
        ports = {port["name"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
        probed = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness")]
        assert {"/healthz"} == {probe["path"] for probe in probed}
        assert "/readyz" == container["readinessProbe"]["httpGet"]["path"]


def test_whoever_may_be_moved_is_moved_one_at_a_time() -> None:
    """Whatever runs more than once, and what answers questions, has a budget."""
    budgets = {
        name: each["spec"]["selector"]["matchLabels"]
        for name, each in named("PodDisruptionBudget").items()
    }
    several = [each for each in WORKLOADS if each["spec"].get("replicas", 0) > 1]
    assert {"api", *(each["metadata"]["name"] for each in several)} == set(budgets)
    for name, selector in budgets.items():
        assert {"app.kubernetes.io/name": name} == selector


def test_one_ledger_signs() -> None:
    """Two would sign two histories."""
    assert 1 == named("StatefulSet")["ledger"]["spec"]["replicas"]


def test_nothing_passes_that_no_policy_names() -> None:
    """The first policy closes, the others open."""
    closing = named("NetworkPolicy")["nothing-unasked"]["spec"]
    assert closing == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def commands() -> Iterator[str]:
    """The first word of every service's command, in both."""
    for workload in WORKLOADS:
        yield pod(workload)["containers"][0]["args"][0]
    for service in SERVICES.values():
        if "profiles" not in service:
            yield service["command"][0]


def test_services_are_commands() -> None:
    """Each is one that the image has."""
    found = set(commands())
    assert found <= set(COMMANDS)
    assert {"worker", "graph-sink", "ledger", "gateway", "serve", "topics"} == found


def variables() -> set[str]:
    """Every setting that the files name."""
    files = [DEPLOY / "compose.yaml", *KUBERNETES.rglob("*.yaml")]
    found = re.compile(r"^\s*(?:- \{name: )?(HEADWATER_\w+)", re.MULTILINE)
    return {name for path in files for name in found.findall(path.read_text())}


@pytest.mark.parametrize("variable", sorted(variables()))
def test_every_setting_is_read(variable: str) -> None:
    """By its name in the code; those of Kafka by what stands before all of them."""
    code = "".join(
        path.read_text()
        for folder in ("schemas", "producers", "processors", "sinks", "deploy")
        for path in (ROOT / folder).rglob("*.py")
    )
    assert variable.startswith("HEADWATER_KAFKA_") or (
        f'"{variable.removesuffix("_FILE")}"' in code
    )


def test_compose_knows_every_field() -> None:
    """Once its anchors are written out."""

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    text = (DEPLOY / "compose.yaml").read_text()
    written_out = yaml.dump(yaml.safe_load(text), Dumper=Plain)
    names = compose_spec.PyCompose.from_yaml(written_out).service_names()
    assert {*SERVICES, "kafka", "janusgraph"} == set(names)


def test_compose_publishes_on_loopback_only() -> None:
    """Whoever wants more puts something before it that speaks TLS."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert 3 == len(published)
    assert all(port.startswith("127.0.0.1:") for port in published)


@pytest.mark.parametrize("service", SERVICES)
def test_compose_holds_our_services_down(service: str) -> None:
    """Without capabilities, a root file system to write to, or memory without end."""
    about = SERVICES[service]
    assert about["read_only"]
    assert ["ALL"] == about["cap_drop"]
    assert about["mem_limit"]
    stays = about["restart"] == "unless-stopped"
    assert not stays or "/readyz" in about["healthcheck"]["test"][-1]


def test_images_are_pinned_by_what_their_makers_call_them() -> None:
    """No address of any registry, no tag that moves."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for image in {service["image"] for service in services.values()}:
        assert re.fullmatch(r"[a-z]+(/[a-z]+)?:\d+\.\d+\.\d+", image)
