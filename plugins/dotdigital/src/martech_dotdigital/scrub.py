"""What must never be recorded of a conversation with Dotdigital."""

from __future__ import annotations

from martech.provider import Scrub

# The credentials of somebody's storage and the secret of a webhook travel in configurations (S25, S26); the name
# of the API user and the account's own addresses are in what it says about itself.
SCRUB = Scrub.of(
    headers=["x-ddg-integration-token"],
    fields=[
        "accessKey", "clientId", "clientSecret", "password", "privateKey", "privateKeyId", "sasToken", "secret",
        "secretAccessKey", "tenantId", "username",
    ],
)  # fmt: skip
