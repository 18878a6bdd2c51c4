"""What the issuer may forget: requests nobody answered, proofs too old to be taken, grants without a token.

A credential and the history of its status are never forgotten. The statements are run tenant by tenant, in this
order: a grant goes when nothing points to it any more.
"""

from collections.abc import Mapping

STATEMENTS: Mapping[str, str] = {
    "dpop_proofs": "delete from dpop_proof where expires_at < now()",
    "authorization_requests": """
delete from authorization_request where expires_at < now() - interval '2 days'
""",
    "refresh_tokens": "delete from credential_refresh where expires_at < now() - interval '2 days'",
    "deferred_answers": """
update credential_deferral set answer_sealed = null
where answer_sealed is not null and delivered_at < now() - interval '10 minutes'
""",
    "deferrals": """
delete from credential_deferral where expires_at < now() - interval '2 days'
  or delivered_at < now() - interval '2 days'
""",
    "grants": """
delete from credential_grant g where g.created_at < now() - interval '2 days'
  and not exists (select 1 from credential_token t where t.tenant_id = g.tenant_id and t.grant_id = g.id)
  and not exists (select 1 from credential_refresh t where t.tenant_id = g.tenant_id and t.grant_id = g.id)
  and not exists (select 1 from credential_deferral t where t.tenant_id = g.tenant_id and t.grant_id = g.id)
  and not exists (
    select 1 from authorization_request t where t.tenant_id = g.tenant_id and t.grant_id = g.id)
""",
}
