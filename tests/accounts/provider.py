"""A small identity provider on loopback: discovery, token with PKCE, user page."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "recovery-desk"
CLIENT_SECRET = "only for the loopback provider"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """What the provider knows: its address, people who said yes, codes given out."""

    issuer: str = ""
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)

    def agree(self, authorize_url: str, **claims: Any) -> dict[str, str]:
        """Play the person at the provider's own page: signed in there, said yes.

        Returns:
            What the browser carries back to the callback.
        """
        asked = {
            key: one[0] for key, one in parse_qs(urlsplit(authorize_url).query).items()
        }
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = {"asked": asked, "claims": claims}
        return {"code": code, "state": asked["state"]}

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """Change a code, once, against tokens."""
        given = self.codes.pop(form["code"])
        asked, claims = given["asked"], given["claims"]
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert challenge == asked["code_challenge"]
        assert form["client_secret"] == CLIENT_SECRET
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        token = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 60,
            **({"nonce": asked["nonce"]} if "nonce" in asked else {}),
            **claims,
        }
        access = secrets.token_urlsafe()
        self.tokens[access] = {
            key: value for key, value in claims.items() if key not in ("amr", "acr")
        }
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": jwt.encode(token, KEY, "RS256", headers={"kid": "1"}),
        }

    def document(self) -> dict[str, Any]:
        """Tell where everything is."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }


@contextmanager
def provider_running() -> Iterator[Provider]:
    """Run a provider on a free port of this machine."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/userinfo":
                bearer = self.headers["Authorization"].removeprefix("Bearer ")
                self._answer(provider.tokens[bearer])
            else:
                self._answer(provider.document())

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            form = parse_qs(self.rfile.read(size).decode())
            self._answer(provider.token({key: one[0] for key, one in form.items()}))

        def _answer(self, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
