"""How deployments run whose methods never block."""

from __future__ import annotations

from typing import Any

#: Into their ``ray_actor_options``: the methods share an event loop with Serve's router and its care for the replica.
#: By default each has a thread of its own, and every call of a few milliseconds wakes them one after the other.
ONE_LOOP: dict[str, Any] = {
    "runtime_env": {
        "env_vars": {
            "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
            "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
        }
    }
}
