"""Settings of OpenLineage's own client that mean the same to our emitter.

`OPENLINEAGE_DISABLED`, `OPENLINEAGE_NAMESPACE`, `OPENLINEAGE_URL` with `_ENDPOINT` and
`_API_KEY`, `OPENLINEAGE__TRANSPORT__…`, and the file named by `OPENLINEAGE_CONFIG`,
`./openlineage.yml` or `~/.openlineage/openlineage.yml`; a file over the variables, as there.
"""

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

_LOG = logging.getLogger(__name__)

_PREFIX = "OPENLINEAGE__TRANSPORT__"
_ENDPOINT = "api/v1/lineage"


def openlineage_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what an OpenLineage client would have been told, as settings of an emitter."""
    settings: dict[str, Any] = {}
    if namespace := environment.get("OPENLINEAGE_NAMESPACE"):
        settings["namespace"] = namespace
    if environment.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return {**settings, "transport": "noop"}
    transport = {**_from_variables(environment), **_from_file(environment)}
    return {**settings, **emitter_settings(transport)}


def emitter_settings(transport: Mapping[str, Any]) -> dict[str, Any]:
    """Return an `openlineage.yml`'s `transport` section as settings of an emitter.

    Keys are read without regard to case, as variables have none. A type that Headwater does
    not have leaves the defaults.
    """
    stated = {key.lower(): value for key, value in transport.items()}
    match stated.get("type"):
        case "kafka":
            kafka = dict(stated.get("config") or {})
            settings = {"bootstrap": kafka.pop("bootstrap.servers", None), "kafka": kafka}
            settings["topic"] = stated.get("topic")
        case "http" | "async_http":
            url = urljoin(_slashed(stated.get("url", "")), stated.get("endpoint") or _ENDPOINT)
            settings = {"transport": "http", "url": url, "api_key": _api_key(stated.get("auth"))}
        case "file":
            settings = {"transport": "file", "file": Path(stated.get("log_file_path", ""))}
        case "console" | "noop" as kind:
            settings = {"transport": kind}
        case _:
            settings = {}
    return {name: value for name, value in settings.items() if value}


def _api_key(auth: Any) -> str | None:
    stated = {key.lower().replace("_", ""): value for key, value in (auth or {}).items()}
    return stated.get("apikey")


def _slashed(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def _from_variables(environment: Mapping[str, str]) -> dict[str, Any]:
    if url := environment.get("OPENLINEAGE_URL"):
        return {
            "type": "http",
            "url": url,
            "endpoint": environment.get("OPENLINEAGE_ENDPOINT"),
            "auth": {"apikey": environment.get("OPENLINEAGE_API_KEY")},
        }
    transport: dict[str, Any] = {}
    for variable, text in environment.items():
        if variable.startswith(_PREFIX):
            name, *inner = variable.removeprefix(_PREFIX).lower().split("__")
            if inner:
                transport.setdefault(name, {})["__".join(inner)] = text
            else:
                transport[name] = _parsed(text)
    return transport


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _from_file(environment: Mapping[str, str]) -> dict[str, Any]:
    stated = environment.get("OPENLINEAGE_CONFIG")
    places = [Path(stated)] if stated else []
    places.append(Path("openlineage.yml"))
    with suppress(RuntimeError):  # as in a container whose user has no name
        places.append(Path.home() / ".openlineage" / "openlineage.yml")
    path = next(filter(_there, places), None)
    return _transport_of(path) if path else {}


def _there(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:  # so says the folder
        return False


def _transport_of(path: Path) -> dict[str, Any]:
    try:
        import yaml  # no part of the base install

        content = yaml.safe_load(path.read_text()) or {}
        return dict(content.get("transport") or {})
    except ImportError:
        _LOG.warning("%s is not read: PyYAML is not installed", path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError) as error:
        # The text of the error may quote the file, which holds secrets.
        _LOG.warning("%s is not read: %s", path, type(error).__name__)
    return {}
