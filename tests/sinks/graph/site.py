"""Which graph the tests of the sink run on: the embedded one, or JanusGraph on Cassandra."""

import os
from typing import Literal

from headwater.sinks.graph.identity import IDENTITIES, Identity

ON_CASSANDRA = os.environ.get("HEADWATER_TEST_GRAPH") == "cassandra"
"""As `make test-cassandra` says."""

IDENTITY_NAME: Literal["property", "vertex"] = "vertex" if ON_CASSANDRA else "property"
IDENTITY: Identity = IDENTITIES[IDENTITY_NAME]()
