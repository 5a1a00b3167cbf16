"""`headwater serve`: the query API over the records of a Kafka."""

from pathlib import Path
from typing import Annotated

import typer

from ...schemas import environment
from ...sinks.ledger.settings import ledger_directory
from ...sinks.server.callers import Issuer
from ...sinks.server.mask_key import read_key
from ...sinks.server.policy import read_policy
from ...sinks.server.run import serve
from ...sinks.server.settings import Settings
from ...sinks.server.tokens import hashed, new_token, read_tokens
from ..endpoints import find_endpoints
from ..home import find_home
from ..terminal import Json, print_json


def command(
    host: Annotated[str, typer.Option(help="Listen on this address.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(envvar=environment.API_PORT, min=0, max=65535, help="0 for any free port."),
    ] = 0,
    kafka: Annotated[
        str | None,
        typer.Option(
            envvar=environment.KAFKA_BOOTSTRAP,
            metavar="HOST:PORT",
            help="Read this Kafka, not the stack's.",
        ),
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option(help="Who may ask: a file with names and hashes of tokens.")
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(metavar="URL", help="Take JWTs that this OIDC issuer signed.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option(help="What the issuer's tokens must be meant for.")
    ] = None,
    jwks: Annotated[
        str | None, typer.Option(metavar="FILE|URL", help="The issuer's public keys.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Who sees what: roles in YAML; default: all see all.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="A host name that the server goes by; repeatable.")
    ] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="Where the index is kept; default: in the home.")
    ] = None,
    new_token_for: Annotated[
        str | None,
        typer.Option("--new-token", metavar="NAME", help="Make a token, print it and its line."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Answer questions about lineage over HTTP until stopped.

    Any other address than loopback demands tokens, or JWTs of an issuer.

    Exit codes: 0 stopped as asked; 1 it would let the world in, or cannot bind; 3 no stack runs.
    """
    if new_token_for is not None:
        _tell_token(new_token_for, as_json)
        return
    home = find_home()
    settings = Settings(
        kafka_bootstrap=kafka or find_endpoints(home).kafka_bootstrap,
        host=host,
        port=port,
        names=tuple(name or ()),
        tokens=None if tokens is None else read_tokens(tokens),
        issuer=_issuer(issuer, audience, jwks),
        policy=None if policy is None else read_policy(policy),
        mask_key=read_key(home.path / "api" / "mask.key"),
        snapshot=snapshot or home.path / "index" / "snapshot",
        ledger=ledger_directory(),
    )
    serve(settings, lambda address: _tell_address(f"{address}/api/v1", as_json))


def _issuer(issuer: str | None, audience: str | None, jwks: str | None) -> Issuer | None:
    if not (issuer or audience or jwks):
        return None
    if not (issuer and audience and jwks):
        raise typer.BadParameter("--issuer, --audience and --jwks go together")
    return Issuer(issuer, audience, jwks)


def _tell_token(name: str, as_json: bool) -> None:
    token = new_token()
    line = f"{name} {hashed(token)}"
    if as_json:
        print_json({"token": token, "line": line})
        return
    typer.echo(f"The token, shown this once: {token}")
    typer.echo(f"The line for the file of tokens: {line}")


def _tell_address(address: str, as_json: bool) -> None:
    if as_json:
        print_json({"api": address})
    else:
        typer.echo(f"Answers at {address}", color=False)
