"""Asks the processes whether they are ready, and says why not."""

import httpx

from muster.cli.deployment import Deployment


def why_not_ready(deployment: Deployment, process: str) -> str | None:
    """Return None if a process answers /readyz with 200, else the reason in a few words."""
    try:
        answer = httpx.get(f"{deployment.address(process)}/readyz", timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return f"does not answer: {error}"
    if answer.status_code == httpx.codes.OK:
        return None
    return answer.text.strip() or f"answers {answer.status_code}"
