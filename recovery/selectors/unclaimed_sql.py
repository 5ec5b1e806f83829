"""The query behind what is owed and lies still: one text for page and workbook.

`{payments}` gives id, decision_id, case_id, asset, amount, kind, status and since of
every payment: as it stands, or as it stood at an instant.
"""

AS_IT_STANDS = """
SELECT id, decision_id, case_id, asset, amount, kind, status, status_since AS since
  FROM recovery_payment
"""
AS_IT_STOOD = """
SELECT p.id, p.decision_id, p.case_id, p.asset, p.amount, p.kind,
       coalesce(s.to_status, 'proposed') AS status,
       coalesce(s.at, p.proposed_at) AS since
  FROM recovery_payment p
  LEFT JOIN LATERAL (
       SELECT t.to_status, t.at FROM recovery_transition t
        WHERE t.payment_id = p.id AND t.at <= %(as_of)s
        ORDER BY t.id DESC LIMIT 1) s ON true
 WHERE p.proposed_at <= %(as_of)s
"""
LIES_STILL = """
WITH pay AS ({payments}),
lies AS (
  SELECT CASE WHEN d.amount <= r.dust_amount THEN 'dust' ELSE 'not_paid' END AS kind,
         d.case_id, d.id AS decision_id, d.asset,
         d.amount - coalesce(t.amount, 0) - coalesce(s.amount, 0) AS amount,
         coalesce(d.ended_at, d.proposed_at) AS since
    FROM recovery_decision d
    LEFT JOIN (SELECT decision_id, sum(amount) AS amount FROM pay
                WHERE kind = 'credit' AND status NOT IN ('cancelled', 'replaced')
                GROUP BY 1) t ON t.decision_id = d.id
    LEFT JOIN (SELECT decision_id, sum(amount) AS amount FROM recovery_setoff
                WHERE approved_at <= %(as_of)s
                  AND (status = 'approved' OR ended_at > %(as_of)s)
                GROUP BY 1) s ON s.decision_id = d.id
    LEFT JOIN recovery_unclaimedrule r
           ON r.asset = d.asset AND r.period @> %(as_of)s
   WHERE d.kind = 'owed' AND d.status = 'approved'
     AND coalesce(d.ended_at, d.proposed_at) <= %(as_of)s
     AND d.amount > coalesce(t.amount, 0) + coalesce(s.amount, 0)
  UNION ALL
  SELECT CASE status WHEN 'held' THEN 'frozen' ELSE 'came_back' END,
         case_id, decision_id, asset, amount, since
    FROM pay WHERE status IN ('held', 'returned', 'destination_needed')
)
"""
ROWS = f"""{LIES_STILL}
SELECT a.kind, a.case_id, c.reference, a.asset, a.amount, a.since,
       floor(extract(epoch FROM %(as_of)s - a.since) / 86400)::int AS days,
       coalesce(k.attempts, 0) AS attempts, k.last_at,
       CASE WHEN u.approver_id IS NOT NULL AND u.approved_at <= %(as_of)s
            THEN 'released' WHEN u.recorded_at <= %(as_of)s THEN 'proof recorded'
            ELSE '' END AS release
  FROM lies a JOIN recovery_recoverycase c ON c.id = a.case_id
  LEFT JOIN LATERAL (
       SELECT count(*) AS attempts, max(at) AS last_at FROM recovery_contactattempt x
        WHERE x.case_id = a.case_id AND x.at <= %(as_of)s) k ON true
  LEFT JOIN recovery_unclaimedrelease u ON u.decision_id = a.decision_id
 WHERE %(frozen)s OR a.kind <> 'frozen'
 ORDER BY a.since, c.reference, a.asset, a.kind LIMIT %(most)s
"""  # noqa: S608 - texts of this file only
TOTALS = f"""{LIES_STILL}
SELECT a.kind, floor(extract(epoch FROM %(as_of)s - a.since) / 86400)::int AS days,
       a.asset, count(*), sum(a.amount), sum(round(a.amount, 8))
  FROM lies a WHERE %(frozen)s OR a.kind <> 'frozen'
 GROUP BY 1, 2, 3
"""  # noqa: S608 - texts of this file only
