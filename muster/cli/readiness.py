"""Asks the processes whether they are ready, and says why not."""

import httpx

from muster.observability.endpoint import PROCESS_ID


def why_not_ready(url: str, pid: int | None = None) -> str | None:
    """Return None if a process answers 200 at its /readyz, else the reason in a few words.

    With `pid`, only that process's answer counts: two systems may have wanted the same address.
    """
    # To prepare for TLS takes thirty times as long as the question, which is asked again and again.
    tls = url.startswith("https:")
    try:
        answer = httpx.get(url, timeout=5, trust_env=False, verify=tls)
    except httpx.HTTPError as error:
        return f"does not answer: {error}"
    if pid is not None and answer.headers.get(PROCESS_ID, str(pid)) != str(pid):
        return "another process answers at its address"
    if answer.status_code == httpx.codes.OK:
        return None
    return answer.text.strip() or f"answers {answer.status_code}"
