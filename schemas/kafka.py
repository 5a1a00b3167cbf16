"""How every client of ours reaches Kafka: its address, and what a guarded cluster asks for.

One rule for all of them, emitters included: a setting of librdkafka is a variable of its name,
`HEADWATER_KAFKA_SASL_USERNAME` for `sasl.username`. A secret may be the path of a file instead,
with `_FILE` after the variable.
"""

import os
from collections.abc import Mapping
from typing import Any

from .environment import KAFKA_BOOTSTRAP, KAFKA_SETTING_PREFIX
from .secrets import FILE_SUFFIX, read_secret

# What may stand in a file. Names of librdkafka's own that end in `file` are none of these.
_SECRETS = (
    "sasl.username",
    "sasl.password",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "ssl.key.password",
    "ssl.keystore.password",
)

# What concerns the way to the broker; anything else is one client's own affair.
_REACHING = (
    "security.",
    "sasl.",
    "ssl.",
    "enable.ssl.",
    "enable.sasl.",
    "https.",
    "client.",
    "broker.address.",
    "socket.",
)


def kafka_settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return every setting of librdkafka that the environment states.

    Raises:
        HeadwaterError: If a secret's file cannot be read.
    """
    settings = {
        _name(variable): value
        for variable, value in environ.items()
        if variable.startswith(KAFKA_SETTING_PREFIX) and variable != KAFKA_BOOTSTRAP
    }
    for name in _SECRETS:
        variable = KAFKA_SETTING_PREFIX + name.upper().replace(".", "_")
        settings.pop(_name(variable + FILE_SUFFIX), None)
        if secret := read_secret(variable, environ):
            settings[name] = secret
    return settings


def kafka_client(bootstrap: str, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the settings with which a client of librdkafka reaches a cluster.

    Args:
        bootstrap: Kafka's `host:port[,host:port]`.

    Raises:
        HeadwaterError: If a secret's file cannot be read.
    """
    stated = kafka_settings(environ)
    reaching = {name: value for name, value in stated.items() if name.startswith(_REACHING)}
    return {"bootstrap.servers": bootstrap, **reaching}


def _name(variable: str) -> str:
    return variable.removeprefix(KAFKA_SETTING_PREFIX).lower().replace("_", ".")
