"""Who we are to a Gremlin server that asks: a name and password, or an IAM role for Neptune."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...schemas.errors import HeadwaterError
from ...schemas.secrets import read_secret

GREMLIN_USERNAME = "HEADWATER_GREMLIN_USERNAME"
"""The name to log in with. Default: none."""

GREMLIN_PASSWORD = "HEADWATER_GREMLIN_PASSWORD"  # noqa: S105 - a name, no password
"""Its password, or `HEADWATER_GREMLIN_PASSWORD_FILE` with its file. Default: none."""

GREMLIN_CA = "HEADWATER_GREMLIN_CA"
"""A file of PEM with the authorities that a `wss:` server's certificate may come from. Default:
those of the system."""

GREMLIN_IAM_REGION = "HEADWATER_GREMLIN_IAM_REGION"
"""The region of a Neptune that demands IAM, such as `eu-central-1`. Credentials are found as
all of AWS' own tools find them. Default: none, and then nothing is signed."""

_NEPTUNE = "neptune-db"
"""Neptune's name in signatures."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection shows to be let in; nothing by default."""

    username: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    iam_region: str | None = None

    def tls(self) -> ssl.SSLContext | None:
        """Return with which authorities a certificate is judged; None for the system's.

        Raises:
            HeadwaterError: If their file cannot be read.
        """
        if self.ca is None:
            return None
        try:
            return ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as error:
            raise HeadwaterError(
                f"{self.ca} holds no certificates: {error}", remedy=f"Correct {GREMLIN_CA}."
            ) from error

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers to open a connection with, signed now: a signature soon expires.

        Raises:
            HeadwaterError: If there are no credentials to sign with.
        """
        return {} if self.iam_region is None else _signed(url, self.iam_region)


def read_access(environ: Mapping[str, str] = os.environ) -> Access:
    """Read it from environment variables.

    Raises:
        HeadwaterError: If the password's file cannot be read.
    """
    ca = environ.get(GREMLIN_CA)
    return Access(
        username=environ.get(GREMLIN_USERNAME) or "",
        password=read_secret(GREMLIN_PASSWORD, environ) or "",
        ca=Path(ca) if ca else None,
        iam_region=environ.get(GREMLIN_IAM_REGION) or None,
    )


def _signed(url: str, region: str) -> dict[str, str]:
    try:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session
    except ModuleNotFoundError as error:
        remedy = "Run `pip install 'headwater[neptune]'`."
        raise HeadwaterError(f"{GREMLIN_IAM_REGION} needs botocore", remedy=remedy) from error
    # The request that becomes a WebSocket is one of HTTP.
    request = AWSRequest("GET", "http" + url.removeprefix("ws"))
    try:
        credentials = Session().get_credentials()
        if credentials is None:
            raise HeadwaterError(
                "no AWS credentials are found",
                remedy="Give this host a role, or set AWS_ACCESS_KEY_ID and its secret.",
            )
        SigV4Auth(credentials, _NEPTUNE, region).add_auth(request)
    except BotoCoreError as error:
        raise HeadwaterError(f"the request cannot be signed: {error}") from error
    return dict(request.headers.items())
