"""Request to caller, once: which token a request carries, and who that makes it; handlers never read headers."""

from collections.abc import Mapping

from server.problems import Refusal

COOKIE = "lectern_refresh"
COOKIE_PATH = "/api/v1/sessions"
BEARER_MAX_CHARS = 4200


def bearer(headers: Mapping[str, str]) -> str:
    """The token of `Authorization: Bearer`; Refusal 401 without one."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > BEARER_MAX_CHARS:
        raise Refusal("unauthorized", "This needs `Authorization: Bearer` with a valid token.")
    return token


def is_browser(headers: Mapping[str, str]) -> bool:
    """Whether the caller is our own page, which keeps the refresh token in a cookie."""
    return headers.get("Lectern-Client", "").lower() == "browser"


def refresh_cookie(headers: Mapping[str, str], cookies: Mapping[str, str]) -> str | None:
    """The refresh cookie, only for a request that our own page sent.

    The cookie is SameSite=Strict already. A foreign page can also not send `Lectern-Client` without being asked first
    (CORS), and where the browser says whence a request comes, it must be from here.
    """
    value = cookies.get(COOKIE)
    if value is None or not is_browser(headers):
        return None
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Refusal("csrf", "This request comes from another site.")
    origin = headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != headers.get("Host", ""):
        raise Refusal("csrf", "This request comes from another site.")
    return value
