"""Faust's credentials, from the same settings of librdkafka as every other client of ours.

Faust speaks to Kafka by aiokafka, which knows fewer of them: what it cannot honour is refused,
for a worker that leaves out what it was told might speak in the open.
"""

import ssl
from collections.abc import Mapping

from faust.auth import Credentials, SASLCredentials, SSLCredentials

from ..schemas.environment import KAFKA_SETTING_PREFIX
from ..schemas.errors import HeadwaterError

_PASSWORDS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_KNOWN = frozenset(
    {
        "security.protocol",
        "sasl.mechanism",
        "sasl.mechanisms",
        "sasl.username",
        "sasl.password",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.key.password",
        "ssl.endpoint.identification.algorithm",
        "enable.ssl.certificate.verification",
    }
)


def credentials(settings: Mapping[str, str]) -> Credentials | None:
    """Return what Faust's clients log in with; None for a Kafka that takes anybody.

    Raises:
        HeadwaterError: If a setting is one that the worker cannot honour.
    """
    _refuse_unknown(settings)
    protocol = settings.get("security.protocol", "plaintext").upper()
    context = _tls(settings) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL_"):
        return SASLCredentials(
            username=settings.get("sasl.username"),
            password=settings.get("sasl.password"),
            mechanism=_mechanism(settings),
            ssl_context=context,
        )
    return SSLCredentials(context) if context is not None else None


def _refuse_unknown(settings: Mapping[str, str]) -> None:
    for name in settings:
        if name.startswith(("security.", "sasl.", "ssl.", "enable.s")) and name not in _KNOWN:
            raise _refusal(name, settings[name] if name == "security.protocol" else None)


def _mechanism(settings: Mapping[str, str]) -> str:
    name = settings.get("sasl.mechanisms") or settings.get("sasl.mechanism") or "GSSAPI"
    if name.upper() not in _PASSWORDS:
        raise _refusal("sasl.mechanism", name)
    return name.upper()


def _tls(settings: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.get("ssl.ca.location") or None)
        if certificate := settings.get("ssl.certificate.location"):
            # Without a password OpenSSL would ask for one on the terminal, and wait.
            password = settings.get("ssl.key.password", "")
            context.load_cert_chain(certificate, settings.get("ssl.key.location"), password)
    except (OSError, ssl.SSLError) as error:
        raise HeadwaterError(
            f"the certificates for Kafka cannot be read: {error}",
            remedy=f"See the files that {KAFKA_SETTING_PREFIX}SSL_… name.",
        ) from error
    # librdkafka compares names too unless told otherwise.
    if settings.get("ssl.endpoint.identification.algorithm", "https").lower() == "none":
        context.check_hostname = False
    if settings.get("enable.ssl.certificate.verification", "true").lower() == "false":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refusal(name: str, value: str | None = None) -> HeadwaterError:
    stated = f"{name}={value}" if value else name
    return HeadwaterError(
        f"the worker cannot reach Kafka by {stated}",
        remedy=f"Use one of {', '.join(_PASSWORDS)}, or TLS with a client's certificate, "
        "with files of PEM.",
    )
